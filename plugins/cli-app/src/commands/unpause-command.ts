import type { CommandContext } from "@gantry/core";

import { actOnEach } from "./act-on-each.ts";
import { EngineCommand, orMore } from "./engine-command.ts";

export class UnpauseCommand extends EngineCommand {
  readonly path = ["unpause"];
  override readonly aliases = [["container", "unpause"]];
  readonly summary = "Unpause all processes within one or more containers";
  readonly synopsis = "CONTAINER [CONTAINER...]";

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, orMore);
    const { containers } = await this.connect();
    return actOnEach(context.host, context.arguments, (name) => containers.unpause(name));
  }
}
