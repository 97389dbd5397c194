import type { Command, CommandContext, CommandOption } from "@gantry/core";

import type { EngineConnector } from "../connected-engine.ts";
import { OptionValues, requireArguments } from "../parsing/option-values.ts";
import { eachArgument } from "./each-argument.ts";

export class KillCommand implements Command {
  readonly path = ["kill"];
  readonly aliases = [["container", "kill"]];
  readonly summary = "Kill one or more running containers";
  readonly synopsis = "[OPTIONS] CONTAINER [CONTAINER...]";
  readonly options: readonly CommandOption[] = [
    { name: "signal", short: "s", type: "string", summary: "Signal to send to the container", default: "KILL" },
  ];
  readonly #connector: EngineConnector;

  constructor(connector: EngineConnector) {
    this.#connector = connector;
  }

  async run({ arguments: names, options, host }: CommandContext): Promise<number> {
    requireArguments("kill", names, 1);
    const signal = new OptionValues(this.options, options).text("signal");
    const { containers } = await this.#connector.connect();
    return eachArgument(host, names, async (name) => {
      await containers.kill(name, signal);
      return name;
    });
  }
}
