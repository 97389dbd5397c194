import type { Command, CommandContext, CommandOption } from "@gantry/core";

import type { EngineConnector } from "../connected-engine.ts";
import { OptionValues, requireArguments } from "../parsing/option-values.ts";
import { eachArgument } from "./each-argument.ts";
import { hasCode } from "./error-code.ts";

export class RmCommand implements Command {
  readonly path = ["rm"];
  readonly aliases = [
    ["container", "rm"],
    ["container", "remove"],
  ];
  readonly summary = "Remove one or more containers";
  readonly synopsis = "[OPTIONS] CONTAINER [CONTAINER...]";
  readonly options: readonly CommandOption[] = [
    {
      name: "force",
      short: "f",
      type: "boolean",
      summary: "Force the removal of a running container (uses SIGKILL)",
    },
    {
      name: "volumes",
      short: "v",
      type: "boolean",
      summary: "Remove anonymous volumes associated with the container",
    },
  ];
  readonly #connector: EngineConnector;

  constructor(connector: EngineConnector) {
    this.#connector = connector;
  }

  async run({ arguments: names, options, host }: CommandContext): Promise<number> {
    requireArguments("rm", names, 1);
    const values = new OptionValues(this.options, options);
    const force = values.flag("force");
    const { containers } = await this.#connector.connect();
    return eachArgument(host, names, async (name) => {
      try {
        await containers.remove(name, { force, volumes: values.flag("volumes") });
        return name;
      } catch (error) {
        if (!force || !hasCode(error, "not-found")) throw error;
        // Forced, a container that is gone is as wanted; it is said all the same, in case the name was mistyped.
        await host.stderr.write(`docker: ${(error as Error).message}\n`);
        return undefined;
      }
    });
  }
}
