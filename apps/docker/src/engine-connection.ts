import type { EngineConnector, GlobalOptions } from "@gantry/cli-app";

import type { OpenedEngine } from "./open-engine.ts";

/** Reaches an engine for one call of the command: once, and only if it is asked for. */
export class EngineConnection {
  #opened: Promise<OpenedEngine> | undefined;

  connector(options: GlobalOptions): EngineConnector {
    return { connect: async () => (await (this.#opened ??= load(options))).engine };
  }

  /** Does nothing when none was opened; one that could not be has been reported already. */
  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.close();
  }
}

/** A call for help needs no engine, and not what reaches one. */
async function load(options: GlobalOptions): Promise<OpenedEngine> {
  const { openEngine } = await import("./open-engine.ts");
  return openEngine(options);
}
