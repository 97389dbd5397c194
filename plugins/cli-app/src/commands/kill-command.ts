import type { CommandContext, CommandOption } from "@gantry/core";

import { value } from "../parsing/option-specs.ts";
import { eachArgument } from "./each-argument.ts";
import { EngineCommand, orMore } from "./engine-command.ts";

export class KillCommand extends EngineCommand {
  readonly path = ["kill"];
  override readonly aliases = [["container", "kill"]];
  readonly summary = "Kill one or more running containers";
  readonly synopsis = "[OPTIONS] CONTAINER [CONTAINER...]";
  override readonly options: readonly CommandOption[] = [
    { ...value("signal", "string", "Signal to send to the container", "s"), default: "KILL" },
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, orMore);
    const signal = this.values(context).text("signal");
    const { containers } = await this.connect();
    return eachArgument(context.host, context.arguments, async (name) => {
      await containers.kill(name, signal);
      return name;
    });
  }
}
