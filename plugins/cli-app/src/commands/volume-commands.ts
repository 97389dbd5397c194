import type { CommandContext, CommandOption } from "@gantry/core";

import { filterOption, flag, list, value } from "../parsing/option-specs.ts";
import { parseAssignment, parseLabel } from "../parsing/parse-pairs.ts";
import { UsageError } from "../parsing/usage-error.ts";
import type { VolumeItem } from "../rendering/api-documents.ts";
import { labelList } from "../rendering/container-fields.ts";
import { type ListField, renderList } from "../rendering/formatted-list.ts";
import { preciseSize } from "../rendering/human-size.ts";
import { present } from "../run/present.ts";
import { eachArgument } from "./each-argument.ts";
import { EngineCommand, orMore } from "./engine-command.ts";
import { hasCode } from "./error-code.ts";
import { filterQuery, filtersOf } from "./filters.ts";
import { listFormatOption } from "./format-option.ts";

export class VolumeCreateCommand extends EngineCommand {
  readonly path = ["volume", "create"];
  readonly summary = "Create a volume";
  readonly synopsis = "[OPTIONS] [VOLUME]";
  override readonly options: readonly CommandOption[] = [
    value("driver", "string", 'Specify volume driver name (default "local")', "d"),
    list("label", "Set metadata for a volume"),
    value("name", "string", "Specify volume name"),
    list("opt", "Set driver specific options", "o"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 0, 1);
    const { host, arguments: words } = context;
    const values = this.values(context);
    const [name = values.text("name")] = words;
    if (words.length > 0 && values.text("name") !== undefined) {
      throw new UsageError(
        "conflicting options: cannot specify a volume-name through both --name and as a positional arg",
        1,
      );
    }
    const { volumes } = await this.connect();
    const volume = await volumes.create({
      ...present({ name, driver: values.text("driver") }),
      labels: Object.fromEntries(values.parsedList("label", parseLabel)),
      driverOptions: Object.fromEntries(values.parsedList("opt", parseAssignment)),
    });
    await host.stdout.write(`${volume.name}\n`);
    return 0;
  }
}

export class VolumeLsCommand extends EngineCommand {
  readonly path = ["volume", "ls"];
  override readonly aliases = [["volume", "list"]];
  readonly summary = "List volumes";
  readonly synopsis = "[OPTIONS]";
  override readonly options: readonly CommandOption[] = [
    filterOption("f"),
    listFormatOption,
    flag("quiet", "Only display volume names", "q"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 0);
    const values = this.values(context);
    const query = { filters: filterQuery(filtersOf(values)) };
    const engine = await this.connect();
    const { Volumes } = await engine.document<{ Volumes?: readonly VolumeItem[] | null }>("/volumes", query);
    const rows = (Volumes ?? []).toSorted((a, b) => (a.Name < b.Name ? -1 : 1));
    const format = values.flag("quiet") ? "{{.Name}}" : values.text("format");
    await context.host.stdout.write(renderList(rows, { fields: volumeFields, columns: ["Driver", "Name"], format }));
    return 0;
  }
}

export const volumeFields: readonly ListField<VolumeItem>[] = [
  { name: "Driver", heading: "DRIVER", value: (row) => row.Driver ?? "" },
  { name: "Name", heading: "VOLUME NAME", value: (row) => row.Name },
  { name: "Scope", heading: "SCOPE", value: (row) => row.Scope ?? "" },
  { name: "Mountpoint", heading: "MOUNTPOINT", value: (row) => row.Mountpoint ?? "" },
  { name: "Labels", heading: "LABELS", value: (row) => labelList(row.Labels ?? {}) },
  { name: "Label", heading: (name: string) => name, value: (row) => (name: string) => row.Labels?.[name] ?? "" },
  { name: "Links", heading: "LINKS", value: (row) => measured(row.UsageData?.RefCount, String) },
  { name: "Size", heading: "SIZE", value: (row) => measured(row.UsageData?.Size, preciseSize) },
];

/** -1 is what was not measured. */
function measured(count: number | undefined, show: (count: number) => string): string {
  return count === undefined || count < 0 ? "N/A" : show(count);
}

export class VolumeRmCommand extends EngineCommand {
  readonly path = ["volume", "rm"];
  override readonly aliases = [["volume", "remove"]];
  readonly summary = "Remove one or more volumes";
  readonly synopsis = "[OPTIONS] VOLUME [VOLUME...]";
  override readonly options: readonly CommandOption[] = [
    flag("force", "Force the removal of one or more volumes", "f"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, orMore);
    const { host, arguments: names } = context;
    const force = this.values(context).flag("force");
    const { volumes } = await this.connect();
    return eachArgument(host, names, async (name) => {
      try {
        await volumes.remove(name, { force });
      } catch (error) {
        if (!force || !hasCode(error, "not-found")) throw error;
      }
      return name;
    });
  }
}
