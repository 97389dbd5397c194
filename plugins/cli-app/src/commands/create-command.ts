import type { CommandContext } from "@gantry/core";

import { interruptible } from "../interruption.ts";
import { createContainer } from "../run/create-container.ts";
import { createOptions } from "../run/run-options.ts";
import { planRun } from "../run/run-plan.ts";
import { EngineCommand, orMore } from "./engine-command.ts";

export class CreateCommand extends EngineCommand {
  readonly path = ["create"];
  override readonly aliases = [["container", "create"]];
  readonly summary = "Create a new container";
  readonly synopsis = "[OPTIONS] IMAGE [COMMAND] [ARG...]";
  override readonly options = createOptions;
  readonly stopAtFirstArgument = true;

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, orMore);
    const { host } = context;
    const plan = await planRun(context, true);
    const engine = await this.connect();
    const id = await interruptible(host, (signal) => createContainer(engine, plan, host, signal));
    await host.stdout.write(`${id}\n`);
    return 0;
  }
}
