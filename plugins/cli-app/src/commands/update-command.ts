import type { CommandContext } from "@gantry/core";

import { value } from "../parsing/option-specs.ts";
import { parseRestartPolicy } from "../parsing/parse-restart-policy.ts";
import { UsageError } from "../parsing/usage-error.ts";
import { printable } from "../rendering/short-text.ts";
import { present } from "../run/present.ts";
import { resourcesOf, updatableOptions } from "../run/resource-options.ts";
import { eachArgument } from "./each-argument.ts";
import { EngineCommand, orMore } from "./engine-command.ts";

export class UpdateCommand extends EngineCommand {
  readonly path = ["update"];
  override readonly aliases = [["container", "update"]];
  readonly summary = "Update configuration of one or more containers";
  readonly synopsis = "[OPTIONS] CONTAINER [CONTAINER...]";
  override readonly options = [
    ...updatableOptions,
    value("restart", "string", "Restart policy to apply when a container exits"),
  ];

  async run(context: CommandContext): Promise<number> {
    this.require(context, 1, orMore);
    const { host, arguments: names } = context;
    const values = this.values(context);
    const resources = resourcesOf(values);
    const restartPolicy = values.parsed("restart", parseRestartPolicy);
    if (Object.keys(resources).length === 0 && restartPolicy === undefined) {
      throw new UsageError("you must provide one or more flags when using this command", 1);
    }
    const { containers } = await this.connect();
    return eachArgument(host, names, async (name) => {
      const { warnings } = await containers.update(name, { resources, ...present({ restartPolicy }) });
      for (const warning of warnings) await host.stderr.write(`WARNING: ${printable(warning)}\n`);
      return name;
    });
  }
}
