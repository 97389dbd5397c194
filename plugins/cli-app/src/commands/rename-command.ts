import type { CommandContext } from "@gantry/core";

import { EngineCommand } from "./engine-command.ts";

export class RenameCommand extends EngineCommand {
  readonly path = ["rename"];
  override readonly aliases = [["container", "rename"]];
  readonly summary = "Rename a container";
  readonly synopsis = "CONTAINER NEW_NAME";

  async run(context: CommandContext): Promise<number> {
    this.require(context, 2);
    const [name, newName] = context.arguments;
    await (await this.connect()).containers.rename(name!, newName!);
    return 0;
  }
}
