import type { Command, CommandContext, CommandOption, PluginReport } from "@gantry/core";

import type { EngineConnector } from "../connected-engine.ts";
import { OptionValues, requireArguments } from "../parsing/option-values.ts";
import { type ListField, renderList } from "../rendering/formatted-list.ts";
import { listFormatOption } from "./format-option.ts";

const fields: readonly ListField<PluginReport>[] = [
  { name: "Name", heading: "PLUGIN", value: (row) => row.name },
  { name: "Provides", heading: "PROVIDES", value: (row) => row.provides.join(",") },
  { name: "Status", heading: "STATUS", value: (row) => row.reason ?? "active" },
];

export class PluginsCommand implements Command {
  readonly path = ["plugins"];
  readonly summary = "List the engine's plugins";
  readonly synopsis = "[OPTIONS]";
  readonly options: readonly CommandOption[] = [listFormatOption];
  readonly #connector: EngineConnector;

  constructor(connector: EngineConnector) {
    this.#connector = connector;
  }

  async run({ arguments: words, options, host }: CommandContext): Promise<number> {
    requireArguments("plugins", words, 0, 0);
    const format = new OptionValues(this.options, options).text("format");
    const rows = await (await this.#connector.connect()).plugins();
    await host.stdout.write(renderList(rows, { fields, columns: ["Name", "Provides", "Status"], format }));
    return 0;
  }
}
