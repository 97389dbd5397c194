import type { Command, CommandContext, CommandOption } from "@gantry/core";

import type { ConnectedEngine, EngineConnector } from "../connected-engine.ts";
import { OptionValues, requireArguments } from "../parsing/option-values.ts";

/** A command over an engine. */
export abstract class EngineCommand implements Command {
  abstract readonly path: readonly string[];
  readonly aliases: readonly (readonly string[])[] = [];
  abstract readonly summary: string;
  abstract readonly synopsis: string;
  readonly options: readonly CommandOption[] = [];
  readonly #connector: EngineConnector;

  constructor(connector: EngineConnector) {
    this.#connector = connector;
  }

  abstract run(context: CommandContext): Promise<number>;

  protected connect(): Promise<ConnectedEngine> {
    return this.#connector.connect();
  }

  protected values({ options }: CommandContext): OptionValues {
    return new OptionValues(this.options, options);
  }

  /** @throws UsageError when the number of arguments is not within the bounds */
  protected require({ arguments: given }: CommandContext, minimum: number, maximum = minimum): void {
    requireArguments(this.path.join(" "), given, minimum, maximum);
  }
}

/** For {@link EngineCommand.require}: there is no upper bound. */
export const orMore = Infinity;
