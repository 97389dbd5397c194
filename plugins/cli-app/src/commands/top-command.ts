import type { CommandContext } from "@gantry/core";

import { printable } from "../rendering/short-text.ts";
import { renderTable } from "../rendering/text-table.ts";
import { EngineCommand, orMore } from "./engine-command.ts";

/** Characters; Docker's tables of processes have wide columns. */
const columnWidth = 20;

export class TopCommand extends EngineCommand {
  readonly path = ["top"];
  override readonly aliases = [["container", "top"]];
  readonly summary = "Display the running processes of a container";
  readonly synopsis = "CONTAINER [ps OPTIONS]";
  readonly stopAtFirstArgument = true;

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, orMore);
    const { host, arguments: words } = context;
    const [name, ...psArguments] = words;
    const { containers } = await this.connect();
    const { titles, processes } = await containers.top(name!, psArguments.join(" ") || undefined);
    const rows = processes.map((row) => row.map(printable));
    await host.stdout.write(renderTable([titles, ...rows], columnWidth));
    return 0;
  }
}
