import type { CommandContext, CommandOption } from "@gantry/core";

import { flag } from "../parsing/option-specs.ts";
import type { ContainerListItem, ImageListItem, VolumeItem } from "../rendering/api-documents.ts";
import { containerFields } from "../rendering/container-fields.ts";
import { type ListField, renderList } from "../rendering/formatted-list.ts";
import { preciseSize } from "../rendering/human-size.ts";
import { imageFields, imageRows } from "../rendering/image-fields.ts";
import { EngineCommand } from "./engine-command.ts";
import { listFormatOption } from "./format-option.ts";
import { volumeFields } from "./volume-commands.ts";

interface UsageDocument {
  LayersSize?: number;
  Images?: readonly ImageListItem[] | null;
  Containers?: readonly ContainerListItem[] | null;
  Volumes?: readonly VolumeItem[] | null;
  BuildCache?: readonly { Size?: number; InUse?: boolean; Shared?: boolean }[] | null;
}

interface UsageRow {
  type: string;
  total: number;
  active: number;
  size: number;
  reclaimable: number;
}

export class DfCommand extends EngineCommand {
  readonly path = ["system", "df"];
  readonly summary = "Show docker disk usage";
  readonly synopsis = "[OPTIONS]";
  override readonly options: readonly CommandOption[] = [
    listFormatOption,
    flag("verbose", "Show detailed information on space usage", "v"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 0);
    const { host } = context;
    const values = this.values(context);
    const usage = await (await this.connect()).document<UsageDocument>("/system/df");
    if (values.flag("verbose")) await host.stdout.write(details(usage, host.now()));
    else {
      const columns = ["Type", "TotalCount", "Active", "Size", "Reclaimable"];
      await host.stdout.write(renderList(rowsOf(usage), { fields, columns, format: values.text("format") }));
    }
    return 0;
  }
}

const fields: readonly ListField<UsageRow>[] = [
  { name: "Type", heading: "TYPE", value: (row) => row.type },
  { name: "TotalCount", heading: "TOTAL", value: (row) => String(row.total) },
  { name: "Active", heading: "ACTIVE", value: (row) => String(row.active) },
  { name: "Size", heading: "SIZE", value: (row) => preciseSize(row.size) },
  { name: "Reclaimable", heading: "RECLAIMABLE", value: reclaimable },
];

function reclaimable({ type, size, reclaimable: bytes }: UsageRow): string {
  if (type === "Build Cache") return preciseSize(bytes);
  return size > 0 ? `${preciseSize(bytes)} (${Math.trunc((bytes / size) * 100)}%)` : preciseSize(bytes);
}

function rowsOf(usage: UsageDocument): UsageRow[] {
  const images = usage.Images ?? [];
  const containers = usage.Containers ?? [];
  const volumes = usage.Volumes ?? [];
  const cache = usage.BuildCache ?? [];
  const usedImages = images.filter(({ Containers = 0 }) => Containers > 0);
  const running = containers.filter(({ State = "" }) => ["running", "paused", "restarting"].includes(State));
  const usedVolumes = volumes.filter(({ UsageData }) => (UsageData?.RefCount ?? 0) > 0);
  const layers = usage.LayersSize ?? 0;
  const inUse = sum(usedImages, ({ Size = 0, SharedSize = 0 }) => Size - Math.max(0, SharedSize));
  const containerSize = sum(containers, ({ SizeRw = 0 }) => SizeRw);
  const volumeSize = sum(volumes, volumeBytes);
  const cacheSize = sum(cache, ({ Size = 0, Shared = false }) => (Shared ? 0 : Size));
  return [
    {
      type: "Images",
      total: images.length,
      active: usedImages.length,
      size: layers,
      reclaimable: usedImages.length === 0 ? layers : Math.max(0, layers - inUse),
    },
    {
      type: "Containers",
      total: containers.length,
      active: running.length,
      size: containerSize,
      reclaimable: containerSize - sum(running, ({ SizeRw = 0 }) => SizeRw),
    },
    {
      type: "Local Volumes",
      total: volumes.length,
      active: usedVolumes.length,
      size: volumeSize,
      reclaimable: volumeSize - sum(usedVolumes, volumeBytes),
    },
    {
      type: "Build Cache",
      total: cache.length,
      active: cache.filter(({ InUse }) => InUse).length,
      size: cacheSize,
      reclaimable: sum(cache, ({ Size = 0, InUse = false }) => (InUse ? 0 : Size)),
    },
  ];
}

function volumeBytes({ UsageData }: VolumeItem): number {
  return Math.max(0, UsageData?.Size ?? 0);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function details(usage: UsageDocument, now: number): string {
  const images = renderList(imageRows(usage.Images ?? [], false), {
    fields: imageFields({ now, truncate: true }),
    columns: ["Repository", "Tag", "ID", "CreatedSince", "Size", "SharedSize", "UniqueSize", "Containers"],
  });
  const containers = renderList(usage.Containers ?? [], {
    fields: containerFields({ now, truncate: true }),
    columns: ["ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor", "Status", "Names"],
  });
  const volumes = renderList(usage.Volumes ?? [], { fields: volumeFields, columns: ["Name", "Links", "Size"] });
  return [
    `Images space usage:\n\n${images}`,
    `Containers space usage:\n\n${containers}`,
    `Local Volumes space usage:\n\n${volumes}`,
  ].join("\n");
}
