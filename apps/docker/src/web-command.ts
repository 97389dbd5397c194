import { join } from "node:path";

import type { GlobalOptions } from "@gantry/cli-app";
import { type Command, type CommandContext, EngineError } from "@gantry/core";
import { engineRoots } from "@gantry/runtime";
import { addressFileName, terminalPage } from "@gantry/web-terminal";

/** Prints the page of the web terminal, or where the daemon serves it. */
export class WebCommand implements Command {
  readonly path = ["web"];
  readonly summary = "Generate a web UI";
  readonly synopsis = "[OPTIONS]";
  readonly options = [
    { name: "url", short: "u", type: "boolean", summary: "Print the address of the daemon's web terminal" },
  ] as const;
  readonly #globals: GlobalOptions;

  constructor(globals: GlobalOptions) {
    this.#globals = globals;
  }

  async run({ options, host }: CommandContext): Promise<number> {
    await host.stdout.write(options["url"] === true ? await this.#url(host) : terminalPage().html);
    return 0;
  }

  async #url(host: CommandContext["host"]): Promise<string> {
    const { dataRoot: root, execRoot } = this.#globals;
    const path = join(engineRoots({ root, execRoot }).execRoot, addressFileName);
    try {
      return new TextDecoder().decode(await host.readFile(path));
    } catch (cause) {
      const remedy = "start dockerd with -H web://127.0.0.1:8080";
      throw new EngineError("unavailable", `the web terminal is not served: ${remedy}`, { cause });
    }
  }
}
