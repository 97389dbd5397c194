import type { ContainerState, ContainerSummary } from "@gantry/engine";

import type { ListField } from "./formatted-list.ts";
import { goTime } from "./go-time.ts";
import { humanAge } from "./human-duration.ts";
import { ellipsis, printable, shortId } from "./short-text.ts";

const commandWidth = 20;

/** What a format may show of a container. `truncate` shortens ids and commands. */
export function containerFields(options: { now: number; truncate: boolean }): readonly ListField<ContainerSummary>[] {
  const { now, truncate } = options;
  const id = (text: string): string => (truncate ? shortId(text) : text);
  return [
    { name: "ID", heading: "CONTAINER ID", value: (row) => id(row.id) },
    { name: "Image", heading: "IMAGE", value: (row) => row.image || id(row.imageId) },
    { name: "Command", heading: "COMMAND", value: ({ command }) => quoted(command, truncate) },
    { name: "CreatedAt", heading: "CREATED AT", value: (row) => goTime(row.createdAt) },
    { name: "RunningFor", heading: "CREATED", value: (row) => `${humanAge(row.createdAt, now)} ago` },
    { name: "State", heading: "STATE", value: (row) => row.state.status },
    { name: "Status", heading: "STATUS", value: (row) => containerStatus(row.state, now) },
    // Nothing is published with the networks that there are: none and host.
    { name: "Ports", heading: "PORTS", value: () => "" },
    { name: "Names", heading: "NAMES", value: (row) => row.name },
    { name: "Labels", heading: "LABELS", value: (row) => labelList(row.labels) },
    {
      name: "Label",
      heading: (name: string) => name,
      value: (row) => (name: string) => row.labels[name] ?? "",
    },
  ];
}

/** `Up 5 minutes`, `Exited (0) 3 seconds ago` … */
export function containerStatus(state: ContainerState, now: number): string {
  const running = `Up ${humanAge(state.startedAt, now)}`;
  switch (state.status) {
    case "running":
      return state.health === undefined ? running : `${running} (${healthNote(state.health.status)})`;
    case "restarting":
      return `Restarting (${state.exitCode}) ${humanAge(state.finishedAt, now)} ago`;
    case "paused":
      return `${running} (Paused)`;
    case "exited":
      return `Exited (${state.exitCode}) ${humanAge(state.finishedAt, now)} ago`;
    case "removing":
      return "Removal In Progress";
    case "dead":
      return "Dead";
    case "created":
      return "Created";
  }
}

function healthNote(status: NonNullable<ContainerState["health"]>["status"]): string {
  return status === "starting" ? "health: starting" : status;
}

export function labelList(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join(",");
}

function quoted(command: string, truncate: boolean): string {
  const line = printable(command);
  return `"${truncate ? ellipsis(line, commandWidth) : line}"`;
}
