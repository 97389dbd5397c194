import type { CommandContext } from "@gantry/core";

import { Interruption, interruptible } from "../interruption.ts";
import { UsageError } from "../parsing/usage-error.ts";
import { createContainer } from "../run/create-container.ts";
import { runAttached, runDetached } from "../run/run-container.ts";
import { runOptions } from "../run/run-options.ts";
import { planRun } from "../run/run-plan.ts";
import { startStatus } from "../run/start-status.ts";
import { EngineCommand } from "./engine-command.ts";
import { hasCode } from "./error-code.ts";

export class RunCommand extends EngineCommand {
  readonly path = ["run"];
  override readonly aliases = [["container", "run"]];
  readonly summary = "Create and run a new container from an image";
  readonly synopsis = "[OPTIONS] [IMAGE] [COMMAND] [ARG...]";
  override readonly options = runOptions;
  readonly stopAtFirstArgument = true;

  async run(context: CommandContext): Promise<number> {
    const { host } = context;
    try {
      const plan = await planRun(context);
      const engine = await this.connect();
      const id = await interruptible(host, (signal) => createContainer(engine, plan, host, signal));
      return plan.detach ? await runDetached(engine, plan, host, id) : await runAttached(engine, plan, host, id);
    } catch (error) {
      // These have their own statuses; a closed output is no failure of the container.
      if (error instanceof UsageError || error instanceof Interruption || hasCode(error, "EPIPE")) throw error;
      await host.stderr.write(`docker: ${error instanceof Error ? error.message : String(error)}\n`);
      return startStatus(error);
    }
  }
}
