import type { CommandContext, CommandOption } from "@gantry/core";

import { interruptible } from "../interruption.ts";
import { flag, value } from "../parsing/option-specs.ts";
import { ProgressPrinter } from "../rendering/progress-printer.ts";
import { EngineCommand } from "./engine-command.ts";
import { readArchive } from "./stream-output.ts";

export class LoadCommand extends EngineCommand {
  readonly path = ["load"];
  override readonly aliases = [["image", "load"]];
  readonly summary = "Load an image from a tar archive or STDIN";
  readonly synopsis = "[OPTIONS]";
  override readonly options: readonly CommandOption[] = [
    value("input", "string", "Read from tar archive file, instead of STDIN", "i"),
    flag("quiet", "Suppress the load output", "q"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 0);
    const { host } = context;
    const values = this.values(context);
    const printer = values.flag("quiet") || !host.stdout.isTerminal ? undefined : new ProgressPrinter(host.stdout);
    return interruptible(host, async (signal) => {
      const archive = readArchive(host, values.text("input") ?? "-", signal);
      const { images } = await this.connect();
      const progress = printer === undefined ? {} : { progress: printer.show.bind(printer) };
      const loaded = await images.load(archive, { signal, ...progress });
      await printer?.finish();
      for (const { id, tags } of loaded) {
        const lines = tags.length === 0 ? [`Loaded image ID: ${id}`] : tags.map((tag) => `Loaded image: ${tag}`);
        await host.stdout.write(`${lines.join("\n")}\n`);
      }
      return 0;
    });
  }
}
