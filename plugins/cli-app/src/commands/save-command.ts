import type { CommandContext, CommandOption } from "@gantry/core";

import { value } from "../parsing/option-specs.ts";
import { EngineCommand, orMore } from "./engine-command.ts";
import { writeArchive } from "./stream-output.ts";

export class SaveCommand extends EngineCommand {
  readonly path = ["save"];
  override readonly aliases = [["image", "save"]];
  readonly summary = "Save one or more images to a tar archive (streamed to STDOUT by default)";
  readonly synopsis = "[OPTIONS] IMAGE [IMAGE...]";
  override readonly options: readonly CommandOption[] = [
    value("output", "string", "Write to a file, instead of STDOUT", "o"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, orMore);
    const { host, arguments: names } = context;
    return writeArchive(host, this.values(context).text("output"), async (signal) =>
      (await this.connect()).images.save(names, { signal }),
    );
  }
}
