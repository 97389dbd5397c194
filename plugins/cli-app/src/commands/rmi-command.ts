import type { CommandContext, CommandOption } from "@gantry/core";

import { flag } from "../parsing/option-specs.ts";
import { eachArgument } from "./each-argument.ts";
import { EngineCommand, orMore } from "./engine-command.ts";
import { hasCode } from "./error-code.ts";

export class RmiCommand extends EngineCommand {
  readonly path = ["rmi"];
  override readonly aliases = [
    ["image", "rm"],
    ["image", "remove"],
  ];
  readonly summary = "Remove one or more images";
  readonly synopsis = "[OPTIONS] IMAGE [IMAGE...]";
  override readonly options: readonly CommandOption[] = [
    flag("force", "Force removal of the image", "f"),
    flag("no-prune", "Do not delete untagged parents"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, orMore);
    const { host, arguments: names } = context;
    const values = this.values(context);
    const force = values.flag("force");
    const { images } = await this.connect();
    return eachArgument(host, names, async (name) => {
      try {
        const { untagged, deleted } = await images.remove(name, { force, noPrune: values.flag("no-prune") });
        return [...untagged.map((tag) => `Untagged: ${tag}`), ...deleted.map((id) => `Deleted: ${id}`)].join("\n");
      } catch (error) {
        if (!force || !hasCode(error, "not-found")) throw error;
        // Forced, an image that is gone is as wanted; it is said all the same, in case the name was mistyped.
        await host.stderr.write(`docker: ${(error as Error).message}\n`);
        return undefined;
      }
    });
  }
}
