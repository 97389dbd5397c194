import type { Command, CommandContext, CommandOption } from "@gantry/core";

import type { EngineConnector } from "../connected-engine.ts";
import { OptionValues, requireArguments } from "../parsing/option-values.ts";
import { renderObject } from "../rendering/formatted-object.ts";
import { objectFormatOption } from "./format-option.ts";

export class VersionCommand implements Command {
  readonly path = ["version"];
  readonly summary = "Show the Docker version information";
  readonly synopsis = "[OPTIONS]";
  readonly options: readonly CommandOption[] = [objectFormatOption];
  readonly #connector: EngineConnector;

  constructor(connector: EngineConnector) {
    this.#connector = connector;
  }

  async run({ arguments: words, options, host }: CommandContext): Promise<number> {
    requireArguments("version", words, 0, 0);
    const format = new OptionValues(this.options, options).text("format");
    const { version, storageDriver, isolationBackend } = await (await this.#connector.connect()).info();
    if (format === undefined) {
      await host.stdout.write(
        `Engine:\n Version:    ${version}\n Storage:    ${storageDriver}\n Isolation:  ${isolationBackend}\n`,
      );
    } else {
      const server = { Version: version, StorageDriver: storageDriver, IsolationBackend: isolationBackend };
      await host.stdout.write(renderObject({ Server: server }, format));
    }
    return 0;
  }
}
