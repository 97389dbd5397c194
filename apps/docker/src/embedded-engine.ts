import type { ConnectedEngine, EngineConnector, GlobalOptions } from "@gantry/cli-app";
import type { RuntimeEngine } from "@gantry/runtime";

/** An engine in this process, started when a command connects. */
export class EmbeddedEngine {
  #engine: Promise<RuntimeEngine> | undefined;

  connector(options: GlobalOptions): EngineConnector {
    return { connect: (): Promise<ConnectedEngine> => (this.#engine ??= start(options)) };
  }

  /** Does nothing when none was started; one that failed to start has been reported already. */
  async close(): Promise<void> {
    const engine = await this.#engine?.catch(() => undefined);
    await engine?.close();
  }
}

/** Loaded here and not above: a call for help needs no engine. */
async function start({ dataRoot, execRoot, debug }: GlobalOptions): Promise<RuntimeEngine> {
  const { createEngine } = await import("@gantry/runtime");
  const { stderrLogger } = await import("./stderr-logger.ts");
  return createEngine({ root: dataRoot, execRoot, ...(debug ? { logger: stderrLogger } : {}) });
}
