import type { CommandContext } from "@gantry/core";

import { EngineCommand } from "./engine-command.ts";

export class TagCommand extends EngineCommand {
  readonly path = ["tag"];
  override readonly aliases = [["image", "tag"]];
  readonly summary = "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE";
  readonly synopsis = "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]";

  async run(context: CommandContext): Promise<number> {
    this.require(context, 2);
    const [source, target] = context.arguments;
    await (await this.connect()).images.tag(source!, target!);
    return 0;
  }
}
