import type { CommandContext } from "@gantry/core";

import { shellScripts } from "../completion/shell-scripts.ts";
import { UsageError } from "../parsing/usage-error.ts";
import { EngineCommand } from "./engine-command.ts";

export class CompletionCommand extends EngineCommand {
  readonly path = ["completion"];
  readonly summary = "Print a script that completes commands in a shell";
  readonly synopsis = "bash|zsh|fish";

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1);
    const shell = context.arguments[0]!;
    const script = Object.hasOwn(shellScripts, shell) ? shellScripts[shell]! : undefined;
    if (script === undefined) throw new UsageError(`unknown shell "${shell}": use bash, zsh or fish`, 1);
    await context.host.stdout.write(script);
    return 0;
  }
}
