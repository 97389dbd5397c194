import type { CommandContext, CommandOption } from "@gantry/core";

import { flag } from "../parsing/option-specs.ts";
import { eachArgument } from "./each-argument.ts";
import { EngineCommand, orMore } from "./engine-command.ts";
import { hasCode } from "./error-code.ts";

export class RmCommand extends EngineCommand {
  readonly path = ["rm"];
  override readonly aliases = [
    ["container", "rm"],
    ["container", "remove"],
  ];
  readonly summary = "Remove one or more containers";
  readonly synopsis = "[OPTIONS] CONTAINER [CONTAINER...]";
  override readonly options: readonly CommandOption[] = [
    flag("force", "Force the removal of a running container (uses SIGKILL)", "f"),
    flag("volumes", "Remove anonymous volumes associated with the container", "v"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, orMore);
    const { host, arguments: names } = context;
    const values = this.values(context);
    const force = values.flag("force");
    const { containers } = await this.connect();
    return eachArgument(host, names, async (name) => {
      try {
        await containers.remove(name, { force, volumes: values.flag("volumes") });
        return name;
      } catch (error) {
        if (!force || !hasCode(error, "not-found")) throw error;
        // Forced, a container that is gone is as wanted; it is said all the same, in case the name was mistyped.
        await host.stderr.write(`docker: ${(error as Error).message}\n`);
        return undefined;
      }
    });
  }
}
