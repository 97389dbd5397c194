import type { Command, CommandContext } from "@gantry/core";

import type { EngineConnector } from "../connected-engine.ts";
import { interruptible } from "../interruption.ts";
import { requireArguments } from "../parsing/option-values.ts";
import { eachArgument } from "./each-argument.ts";

export class WaitCommand implements Command {
  readonly path = ["wait"];
  readonly aliases = [["container", "wait"]];
  readonly summary = "Block until one or more containers stop, then print their exit codes";
  readonly synopsis = "CONTAINER [CONTAINER...]";
  readonly options = [];
  readonly #connector: EngineConnector;

  constructor(connector: EngineConnector) {
    this.#connector = connector;
  }

  async run({ arguments: names, host }: CommandContext): Promise<number> {
    requireArguments("wait", names, 1);
    const { containers } = await this.#connector.connect();
    return interruptible(host, (signal) =>
      eachArgument(host, names, async (name) => {
        signal.throwIfAborted();
        return String((await containers.wait(name, "not-running", { signal })).exitCode);
      }),
    );
  }
}
