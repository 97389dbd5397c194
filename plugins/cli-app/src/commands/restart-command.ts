import type { CommandContext } from "@gantry/core";

import { actOnEach } from "./act-on-each.ts";
import { EngineCommand, orMore } from "./engine-command.ts";
import { stopOptions, stopOptionsOf } from "./stop-options.ts";

export class RestartCommand extends EngineCommand {
  readonly path = ["restart"];
  override readonly aliases = [["container", "restart"]];
  readonly summary = "Restart one or more containers";
  readonly synopsis = "[OPTIONS] CONTAINER [CONTAINER...]";
  override readonly options = stopOptions;

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, orMore);
    const how = stopOptionsOf(this.values(context));
    const { containers } = await this.connect();
    return actOnEach(context.host, context.arguments, (name) => containers.restart(name, how));
  }
}
