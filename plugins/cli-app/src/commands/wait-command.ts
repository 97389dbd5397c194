import type { CommandContext } from "@gantry/core";

import { interruptible } from "../interruption.ts";
import { eachArgument } from "./each-argument.ts";
import { EngineCommand, orMore } from "./engine-command.ts";

export class WaitCommand extends EngineCommand {
  readonly path = ["wait"];
  override readonly aliases = [["container", "wait"]];
  readonly summary = "Block until one or more containers stop, then print their exit codes";
  readonly synopsis = "CONTAINER [CONTAINER...]";

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, orMore);
    const { host, arguments: names } = context;
    const { containers } = await this.connect();
    return interruptible(host, (signal) =>
      eachArgument(host, names, async (name) => {
        signal.throwIfAborted();
        return String((await containers.wait(name, "not-running", { signal })).exitCode);
      }),
    );
  }
}
