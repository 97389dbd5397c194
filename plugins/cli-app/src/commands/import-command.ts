import type { CommandContext, CommandOption } from "@gantry/core";

import { interruptible } from "../interruption.ts";
import { list, value } from "../parsing/option-specs.ts";
import { UsageError } from "../parsing/usage-error.ts";
import { present } from "../run/present.ts";
import { EngineCommand } from "./engine-command.ts";
import { readArchive } from "./stream-output.ts";

export class ImportCommand extends EngineCommand {
  readonly path = ["import"];
  override readonly aliases = [["image", "import"]];
  readonly summary = "Import the contents from a tarball to create a filesystem image";
  readonly synopsis = "[OPTIONS] file|- [REPOSITORY[:TAG]]";
  override readonly options: readonly CommandOption[] = [
    list("change", "Apply Dockerfile instruction to the created image", "c"),
    value("message", "string", "Set commit message for imported image", "m"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, 2);
    const { host, arguments: words } = context;
    const [file = "-", name] = words;
    if (/^https?:\/\//.test(file))
      throw new UsageError("importing from a URL is not supported: download it and name the file", 1);
    const values = this.values(context);
    const options = { ...present({ name, comment: values.text("message") }), changes: values.list("change") };
    return interruptible(host, async (signal) => {
      const archive = readArchive(host, file, signal);
      const { id } = await (await this.connect()).images.importLayer(archive, { ...options, signal });
      await host.stdout.write(`${id}\n`);
      return 0;
    });
  }
}

/** `put NAME < archive`: the operation of 2013. */
export class PutCommand extends EngineCommand {
  readonly path = ["put"];
  readonly summary = "Make an image of a tar archive from STDIN";
  readonly synopsis = "NAME";

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1);
    const { host, arguments: names } = context;
    return interruptible(host, async (signal) => {
      const archive = readArchive(host, "-", signal);
      const { id } = await (await this.connect()).images.importLayer(archive, { name: names[0]!, signal });
      await host.stdout.write(`${id}\n`);
      return 0;
    });
  }
}
