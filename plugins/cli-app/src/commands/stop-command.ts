import type { Command, CommandContext, CommandOption } from "@gantry/core";

import type { EngineConnector } from "../connected-engine.ts";
import { OptionValues, requireArguments } from "../parsing/option-values.ts";
import { parseInteger } from "../parsing/parse-numbers.ts";
import { present } from "../run/present.ts";
import { eachArgument } from "./each-argument.ts";
import { hasCode } from "./error-code.ts";

export class StopCommand implements Command {
  readonly path = ["stop"];
  readonly aliases = [["container", "stop"]];
  readonly summary = "Stop one or more running containers";
  readonly synopsis = "[OPTIONS] CONTAINER [CONTAINER...]";
  readonly options: readonly CommandOption[] = [
    { name: "signal", short: "s", type: "string", summary: "Signal to send to the container" },
    {
      name: "timeout",
      short: "t",
      type: "string",
      placeholder: "int",
      summary: "Seconds to wait before killing the container (-1: forever)",
    },
  ];
  readonly #connector: EngineConnector;

  constructor(connector: EngineConnector) {
    this.#connector = connector;
  }

  async run({ arguments: names, options, host }: CommandContext): Promise<number> {
    requireArguments("stop", names, 1);
    const values = new OptionValues(this.options, options);
    const how = present({ signal: values.text("signal"), timeout: values.parsed("timeout", parseInteger) });
    const { containers } = await this.#connector.connect();
    return eachArgument(host, names, async (name) => {
      try {
        await containers.stop(name, how);
      } catch (error) {
        if (!hasCode(error, "not-modified")) throw error;
      }
      return name;
    });
  }
}
