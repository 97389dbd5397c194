import type { ContainerListItem } from "./api-documents.ts";
import type { ListField } from "./formatted-list.ts";
import { goTime } from "./go-time.ts";
import { humanAge } from "./human-duration.ts";
import { humanSize } from "./human-size.ts";
import { portList } from "./port-list.ts";
import { ellipsis, printable, shortId } from "./short-text.ts";

const commandWidth = 20;
const mountWidth = 15;

/** What a format may show of a container. `truncate` shortens ids, commands and mounts. */
export function containerFields(options: { now: number; truncate: boolean }): readonly ListField<ContainerListItem>[] {
  const { now, truncate } = options;
  const id = (text: string): string => (truncate ? shortId(text) : text);
  return [
    { name: "ID", heading: "CONTAINER ID", value: (row) => id(row.Id) },
    { name: "Image", heading: "IMAGE", value: (row) => imageOf(row, truncate) },
    { name: "Command", heading: "COMMAND", value: ({ Command = "" }) => quoted(Command, truncate) },
    { name: "CreatedAt", heading: "CREATED AT", value: (row) => goTime(createdAt(row)) },
    { name: "RunningFor", heading: "CREATED", value: (row) => `${humanAge(createdAt(row), now)} ago` },
    { name: "State", heading: "STATE", value: (row) => row.State ?? "" },
    { name: "Status", heading: "STATUS", value: (row) => row.Status ?? "" },
    { name: "Ports", heading: "PORTS", value: (row) => portList(row.Ports ?? []) },
    { name: "Names", heading: "NAMES", value: (row) => namesOf(row, truncate) },
    { name: "Size", heading: "SIZE", value: sizeOf },
    { name: "Labels", heading: "LABELS", value: (row) => labelList(row.Labels ?? {}) },
    { name: "Label", heading: (name: string) => name, value: (row) => (name: string) => row.Labels?.[name] ?? "" },
    { name: "Mounts", heading: "MOUNTS", value: (row) => mountsOf(row, truncate) },
    { name: "LocalVolumes", heading: "LOCAL VOLUMES", value: (row) => String(volumeCount(row)) },
    {
      name: "Networks",
      heading: "NETWORKS",
      value: (row) => Object.keys(row.NetworkSettings?.Networks ?? {}).join(","),
    },
  ];
}

export function labelList(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join(",");
}

function createdAt({ Created = 0 }: ContainerListItem): string {
  return new Date(Created * 1000).toISOString();
}

/** A container whose image has lost its name shows the id. */
function imageOf({ Image = "", ImageID = "" }: ContainerListItem, truncate: boolean): string {
  if (Image === "") return truncate ? shortId(ImageID) : ImageID;
  return truncate && Image.startsWith("sha256:") ? shortId(Image) : Image;
}

/** Names given by links have a slash in the middle, and are shown in full lists only. */
function namesOf({ Names }: ContainerListItem, truncate: boolean): string {
  const names = (Names ?? []).map((name) => name.replace(/^\//, ""));
  return (truncate ? names.filter((name) => !name.includes("/")) : names).join(",");
}

function sizeOf({ SizeRw = 0, SizeRootFs = 0 }: ContainerListItem): string {
  return SizeRootFs > 0 ? `${humanSize(SizeRw)} (virtual ${humanSize(SizeRootFs)})` : humanSize(SizeRw);
}

function mountsOf({ Mounts }: ContainerListItem, truncate: boolean): string {
  const names = (Mounts ?? []).map(({ Name, Source }) => Name || Source || "");
  return names.map((name) => (truncate ? ellipsis(name, mountWidth) : name)).join(",");
}

function volumeCount({ Mounts }: ContainerListItem): number {
  return (Mounts ?? []).filter(({ Type }) => Type === "volume").length;
}

function quoted(command: string, truncate: boolean): string {
  const line = printable(command);
  return `"${truncate ? ellipsis(line, commandWidth) : line}"`;
}
