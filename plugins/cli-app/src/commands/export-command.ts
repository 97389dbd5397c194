import type { CommandContext, CommandOption } from "@gantry/core";

import { value } from "../parsing/option-specs.ts";
import { EngineCommand } from "./engine-command.ts";
import { writeArchive } from "./stream-output.ts";

export class ExportCommand extends EngineCommand {
  readonly path: readonly string[] = ["export"];
  override readonly aliases: readonly (readonly string[])[] = [["container", "export"]];
  readonly summary: string = "Export a container's filesystem as a tar archive";
  readonly synopsis = "[OPTIONS] CONTAINER";
  override readonly options: readonly CommandOption[] = [
    value("output", "string", "Write to a file, instead of STDOUT", "o"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1);
    const { host, arguments: names } = context;
    return writeArchive(host, this.values(context).text("output"), async (signal) =>
      (await this.connect()).containers.export(names[0]!, { signal }),
    );
  }
}

/** The same by its name of 2013. */
export class TarCommand extends ExportCommand {
  override readonly path = ["tar"];
  override readonly aliases = [];
  override readonly summary = "Stream the contents of a container as a tar archive";
}
