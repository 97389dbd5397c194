import type { CommandContext, CommandOption } from "@gantry/core";

import { interruptible } from "../interruption.ts";
import { flag, list, value } from "../parsing/option-specs.ts";
import { present } from "../run/present.ts";
import { EngineCommand } from "./engine-command.ts";

export class CommitCommand extends EngineCommand {
  readonly path = ["commit"];
  override readonly aliases = [["container", "commit"]];
  readonly summary = "Create a new image from a container's changes";
  readonly synopsis = "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]";
  override readonly options: readonly CommandOption[] = [
    value("author", "string", 'Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")', "a"),
    list("change", "Apply Dockerfile instruction to the created image", "c"),
    value("message", "string", "Commit message", "m"),
    { ...flag("pause", "Pause container during commit", "p"), default: true },
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, 2);
    const { host, arguments: words } = context;
    const [name, reference] = words;
    const values = this.values(context);
    const options = {
      ...present({ reference, author: values.text("author"), message: values.text("message") }),
      changes: values.list("change"),
      pause: values.flag("pause"),
    };
    const { containers } = await this.connect();
    const { id } = await interruptible(host, (signal) => containers.commit(name!, { ...options, signal }));
    await host.stdout.write(`${id}\n`);
    return 0;
  }
}
