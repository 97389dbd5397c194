import type { CommandContext, CommandOption, PluginReport } from "@gantry/core";

import { type ListField, renderList } from "../rendering/formatted-list.ts";
import { EngineCommand } from "./engine-command.ts";
import { listFormatOption } from "./format-option.ts";

const fields: readonly ListField<PluginReport>[] = [
  { name: "Name", heading: "PLUGIN", value: (row) => row.name },
  { name: "Provides", heading: "PROVIDES", value: (row) => row.provides.join(",") },
  { name: "Status", heading: "STATUS", value: (row) => row.reason ?? "active" },
];

export class PluginsCommand extends EngineCommand {
  readonly path = ["plugins"];
  readonly summary = "List the engine's plugins";
  readonly synopsis = "[OPTIONS]";
  override readonly options: readonly CommandOption[] = [listFormatOption];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 0);
    const format = this.values(context).text("format");
    const rows = await (await this.connect()).plugins();
    await context.host.stdout.write(renderList(rows, { fields, columns: ["Name", "Provides", "Status"], format }));
    return 0;
  }
}
