import type { Command, CommandContext, CommandOption } from "@gantry/core";

import type { EngineConnector } from "../connected-engine.ts";
import { interruptible } from "../interruption.ts";
import { OptionValues, requireArguments } from "../parsing/option-values.ts";
import { printable } from "../rendering/short-text.ts";
import { pullImage } from "../run/pull-image.ts";

export class PullCommand implements Command {
  readonly path = ["pull"];
  readonly aliases = [["image", "pull"]];
  readonly summary = "Get an image from the first source that has it";
  readonly synopsis = "[OPTIONS] NAME[:TAG|@DIGEST]";
  readonly options: readonly CommandOption[] = [
    { name: "quiet", short: "q", type: "boolean", summary: "Suppress verbose output" },
  ];
  readonly #connector: EngineConnector;

  constructor(connector: EngineConnector) {
    this.#connector = connector;
  }

  async run({ arguments: names, options, host }: CommandContext): Promise<number> {
    requireArguments("pull", names, 1, 1);
    const reference = names[0]!;
    const quiet = new OptionValues(this.options, options).flag("quiet");
    const { images } = await this.#connector.connect();
    const output = quiet ? undefined : host.stdout;
    await interruptible(host, (signal) => pullImage(images, reference, { output, signal }));
    if (quiet) await host.stdout.write(`${printable(reference)}\n`);
    return 0;
  }
}
