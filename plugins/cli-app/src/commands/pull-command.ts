import type { CommandContext, CommandOption } from "@gantry/core";

import { interruptible } from "../interruption.ts";
import { flag } from "../parsing/option-specs.ts";
import { printable } from "../rendering/short-text.ts";
import { pullImage } from "../run/pull-image.ts";
import { EngineCommand } from "./engine-command.ts";

export class PullCommand extends EngineCommand {
  readonly path = ["pull"];
  override readonly aliases = [["image", "pull"]];
  readonly summary = "Get an image from the first source that has it";
  readonly synopsis = "[OPTIONS] NAME[:TAG|@DIGEST]";
  override readonly options: readonly CommandOption[] = [flag("quiet", "Suppress verbose output", "q")];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1);
    const { host, arguments: names } = context;
    const reference = names[0]!;
    const quiet = this.values(context).flag("quiet");
    const { images } = await this.connect();
    const output = quiet ? undefined : host.stdout;
    await interruptible(host, (signal) => pullImage(images, reference, { output, signal }));
    if (quiet) await host.stdout.write(`${printable(reference)}\n`);
    return 0;
  }
}
