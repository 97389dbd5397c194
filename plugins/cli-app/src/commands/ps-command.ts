import type { Command, CommandContext, CommandOption } from "@gantry/core";
import type { ListOptions } from "@gantry/engine";

import type { EngineConnector } from "../connected-engine.ts";
import { OptionValues, requireArguments } from "../parsing/option-values.ts";
import { parseInteger } from "../parsing/parse-numbers.ts";
import { groupPairs, parseFilter } from "../parsing/parse-pairs.ts";
import { containerFields } from "../rendering/container-fields.ts";
import { renderList } from "../rendering/formatted-list.ts";
import { listFormatOption } from "./format-option.ts";

export class PsCommand implements Command {
  readonly path = ["ps"];
  readonly aliases = [
    ["container", "ls"],
    ["container", "list"],
    ["container", "ps"],
  ];
  readonly summary = "List containers";
  readonly synopsis = "[OPTIONS]";
  readonly options: readonly CommandOption[] = [
    { name: "all", short: "a", type: "boolean", summary: "Show all containers (default shows just running)" },
    {
      name: "filter",
      short: "f",
      type: "list",
      placeholder: "filter",
      summary: "Filter output based on conditions provided",
    },
    listFormatOption,
    {
      name: "last",
      short: "n",
      type: "string",
      placeholder: "int",
      summary: "Show n last created containers (includes all states)",
    },
    { name: "latest", short: "l", type: "boolean", summary: "Show the latest created container (includes all states)" },
    { name: "no-trunc", type: "boolean", summary: "Don't truncate output" },
    { name: "quiet", short: "q", type: "boolean", summary: "Only display container IDs" },
  ];
  readonly #connector: EngineConnector;

  constructor(connector: EngineConnector) {
    this.#connector = connector;
  }

  async run({ arguments: words, options, host }: CommandContext): Promise<number> {
    requireArguments("ps", words, 0, 0);
    const values = new OptionValues(this.options, options);
    const query = listOptions(values);
    const format = values.text("format");
    const { containers } = await this.#connector.connect();
    const rows = await containers.list(query);
    const fields = containerFields({ now: host.now(), truncate: !values.flag("no-trunc") });
    const columns = ["ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"];
    const shown = values.flag("quiet") ? "{{.ID}}" : format;
    await host.stdout.write(renderList(rows, { fields, columns, format: shown }));
    return 0;
  }
}

function listOptions(values: OptionValues): ListOptions {
  const last = values.flag("latest") ? 1 : (values.parsed("last", parseInteger) ?? 0);
  return {
    all: values.flag("all") || last > 0,
    ...(last > 0 ? { limit: last } : {}),
    filters: groupPairs(values.parsedList("filter", parseFilter)),
  };
}
