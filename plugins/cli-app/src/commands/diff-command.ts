import type { CommandContext } from "@gantry/core";

import { interruptible } from "../interruption.ts";
import { printable } from "../rendering/short-text.ts";
import { EngineCommand } from "./engine-command.ts";

const letters = { added: "A", modified: "C", deleted: "D" } as const;
/** Lines that are written at a time. */
const batchSize = 1000;

export class DiffCommand extends EngineCommand {
  readonly path = ["diff"];
  override readonly aliases = [["container", "diff"]];
  readonly summary = "Inspect changes to files or directories on a container's filesystem";
  readonly synopsis = "CONTAINER";

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1);
    const { host, arguments: names } = context;
    const { containers } = await this.connect();
    return interruptible(host, async (signal) => {
      let lines: string[] = [];
      const flush = async (): Promise<void> => {
        await host.stdout.write(lines.join(""));
        lines = [];
      };
      for await (const { kind, path } of containers.changes(names[0]!, { signal })) {
        lines.push(`${letters[kind]} ${printable(path)}\n`);
        if (lines.length >= batchSize) await flush();
      }
      if (lines.length > 0) await flush();
      return 0;
    });
  }
}
