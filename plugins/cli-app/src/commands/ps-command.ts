import type { CommandContext, CommandOption } from "@gantry/core";

import type { DocumentQuery } from "../connected-engine.ts";
import type { OptionValues } from "../parsing/option-values.ts";
import { filterOption, flag, value } from "../parsing/option-specs.ts";
import { parseInteger } from "../parsing/parse-numbers.ts";
import type { ContainerListItem } from "../rendering/api-documents.ts";
import { containerFields } from "../rendering/container-fields.ts";
import { renderList } from "../rendering/formatted-list.ts";
import { EngineCommand } from "./engine-command.ts";
import { filterQuery, filtersOf } from "./filters.ts";
import { listFormatOption } from "./format-option.ts";

const columns = ["ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"];

export class PsCommand extends EngineCommand {
  readonly path = ["ps"];
  override readonly aliases = [
    ["container", "ls"],
    ["container", "list"],
    ["container", "ps"],
  ];
  readonly summary = "List containers";
  readonly synopsis = "[OPTIONS]";
  override readonly options: readonly CommandOption[] = [
    flag("all", "Show all containers (default shows just running)", "a"),
    filterOption("f"),
    listFormatOption,
    value("last", "int", "Show n last created containers (includes all states)", "n"),
    flag("latest", "Show the latest created container (includes all states)", "l"),
    flag("no-trunc", "Don't truncate output"),
    flag("quiet", "Only display container IDs", "q"),
    flag("size", "Display total file sizes", "s"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 0);
    const { host } = context;
    const values = this.values(context);
    const format = values.flag("quiet") ? "{{.ID}}" : values.text("format");
    const query = listQuery(values, format ?? "");
    const rows = await (await this.connect()).document<readonly ContainerListItem[]>("/containers/json", query);
    const fields = containerFields({ now: host.now(), truncate: !values.flag("no-trunc") });
    const shown = query["size"] === true ? [...columns, "Size"] : columns;
    await host.stdout.write(renderList(rows, { fields, columns: shown, format }));
    return 0;
  }
}

/** Sizes are measured only where they are shown: that takes time. */
function listQuery(values: OptionValues, format: string): DocumentQuery {
  const last = values.flag("latest") ? 1 : (values.parsed("last", parseInteger) ?? 0);
  return {
    all: values.flag("all") || last > 0,
    limit: last > 0 ? last : undefined,
    filters: filterQuery(filtersOf(values)),
    size: values.flag("size") || /\.Size\b/.test(format),
  };
}
