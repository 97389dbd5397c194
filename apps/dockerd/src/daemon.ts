import { EngineError, type Listener, type Logger, Transport } from "@gantry/core";
import { type RuntimeEngine, createEngine } from "@gantry/runtime";

import type { DaemonOptions } from "./daemon-options.ts";
import { writePidFile } from "./pid-file.ts";
import { daemonPlugins } from "./preset.ts";
import { requestHandler } from "./request-handler.ts";

/** Milliseconds that clients get to finish at a stop. */
const gracePeriod = 10_000;

/** An engine that is held, and listened for. */
export class Daemon {
  readonly #engine: RuntimeEngine;
  readonly #logger: Logger;
  readonly #listeners: Listener[] = [];
  #removePidFile: (() => Promise<void>) | undefined;

  private constructor(engine: RuntimeEngine, logger: Logger) {
    this.#engine = engine;
    this.#logger = logger;
  }

  /** A start that fails stops again what it had started. */
  static async start(options: DaemonOptions, logger: Logger): Promise<Daemon> {
    const { dataRoot: root, execRoot } = options;
    const daemon = new Daemon(await createEngine({ root, execRoot, logger, plugins: daemonPlugins() }), logger);
    try {
      await daemon.#open(options);
      return daemon;
    } catch (error) {
      await daemon.stop(AbortSignal.abort());
      throw error;
    }
  }

  /** Serves nobody new and lets the engine go; containers go on. An abort ends what is being served. */
  async stop(impatient: AbortSignal): Promise<void> {
    this.#logger.info("stopping; containers go on");
    const signal = AbortSignal.any([impatient, AbortSignal.timeout(gracePeriod)]);
    await Promise.all(this.#listeners.map((listener) => listener.close({ signal })));
    await this.#engine.close();
    await this.#removePidFile?.();
  }

  async #open({ hosts, pidfile }: DaemonOptions): Promise<void> {
    const { dataRoot, execRoot } = this.#engine.paths;
    if (pidfile !== undefined) this.#removePidFile = await writePidFile(pidfile);
    const addresses = hosts.length === 0 ? [`unix://${execRoot}/docker.sock`] : hosts;
    const handler = requestHandler(this.#engine);
    for (const address of addresses) {
      this.#listeners.push(await this.#transport(address).listen(address, handler));
    }
    const listening = this.#listeners.map((listener) => listener.address);
    this.#logger.info("ready", { listening: listening.join(","), dataRoot, pid: process.pid });
  }

  #transport(address: string): Transport {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(address)?.[1];
    const transports = this.#engine.kernel.getAll(Transport);
    const found = transports.find((transport) => scheme !== undefined && transport.schemes.includes(scheme));
    if (found !== undefined) return found;
    const known = transports.flatMap((transport) => transport.schemes).map((name) => `${name}://`);
    throw new EngineError("invalid-argument", `cannot listen at "${address}": begin it with ${known.join(" or ")}`);
  }
}
