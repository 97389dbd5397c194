import { EngineError, type Listener, type Logger, Transport } from "@gantry/core";
import { Engine } from "@gantry/engine";
import { rcliHandler } from "@gantry/rcli-transport";
import { type RuntimeEngine, createEngine } from "@gantry/runtime";
import { WebTerminalToken } from "@gantry/web-terminal";

import { apiFacts } from "./api-facts.ts";
import { ClientActivity } from "./client-activity.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import { engineHandler } from "./engine-handler.ts";
import { engineId } from "./engine-id.ts";
import { watchIdleness } from "./idle-exit.ts";
import { expandInherited } from "./inherited-sockets.ts";
import type { LogLevel } from "./line-logger.ts";
import { writePidFile } from "./pid-file.ts";
import { daemonPlugins, storageDriverPlugin } from "./preset.ts";
import { socketGroup } from "./socket-group.ts";

/** Milliseconds that clients get to finish at a stop. */
const gracePeriod = 10_000;

/** What a reload changes. */
export interface LiveOptions {
  logLevel: LogLevel;
  labels: readonly string[];
}

export interface DaemonContext {
  version: string;
  logger: Logger;
  /** Read whenever it matters. */
  live: LiveOptions;
  /** Called once it has been idle for `idleTimeout`. */
  idle?: () => void;
}

/** An engine that is held, and listened for. */
export class Daemon {
  readonly #engine: RuntimeEngine;
  readonly #logger: Logger;
  readonly #listeners: Listener[] = [];
  #removePidFile: (() => Promise<void>) | undefined;
  #endIdleWatch: (() => void) | undefined;

  private constructor(engine: RuntimeEngine, logger: Logger) {
    this.#engine = engine;
    this.#logger = logger;
  }

  /** A start that fails stops again what it had started. */
  static async start(options: DaemonOptions, context: DaemonContext): Promise<Daemon> {
    const { dataRoot: root, execRoot, storageDriver } = options;
    const { logger } = context;
    const plugins = await daemonPlugins(options, await socketGroup(options.group, logger));
    const prefer = storageDriver === undefined ? {} : { StorageDriver: [storageDriverPlugin(storageDriver)] };
    const daemon = new Daemon(await createEngine({ root, execRoot, logger, plugins, prefer }), logger);
    try {
      await daemon.#open(options, context);
      return daemon;
    } catch (error) {
      await daemon.stop(AbortSignal.abort());
      throw error;
    }
  }

  /** Serves nobody new and lets the engine go; containers go on. An abort ends what is being served. */
  async stop(impatient: AbortSignal): Promise<void> {
    this.#logger.info("stopping; containers go on");
    this.#endIdleWatch?.();
    // Not AbortSignal.timeout: below AbortSignal.any it may be collected before its time (nodejs/node#57736).
    const expired = new AbortController();
    const timer = setTimeout(() => expired.abort(), gracePeriod);
    const signal = AbortSignal.any([impatient, expired.signal]);
    try {
      await Promise.all(this.#listeners.map((listener) => listener.close({ signal })));
    } finally {
      clearTimeout(timer);
    }
    await this.#engine.close();
    await this.#removePidFile?.();
  }

  async #open(options: DaemonOptions, { version, live, idle }: DaemonContext): Promise<void> {
    const { hosts, pidfile, idleTimeout } = options;
    const { kernel, paths } = this.#engine;
    if (pidfile !== undefined) this.#removePidFile = await writePidFile(pidfile);
    const engine = kernel.get(Engine);
    const facts = apiFacts({
      id: await engineId(paths.dataRoot),
      version,
      kernel,
      labels: () => live.labels,
      debug: () => live.logLevel === "debug",
    });
    const activity = new ClientActivity();
    const api = activity.counted(engineHandler(engine, facts, () => kernel.plugins()));
    const commands = activity.counted(rcliHandler(engine, { web: kernel.get(WebTerminalToken) }));
    const asked = hosts.length === 0 ? [`unix://${paths.execRoot}/docker.sock`] : hosts;
    for (const address of asked.flatMap((host) => expandInherited(host))) {
      this.#listeners.push(await this.#transport(address).listen(address, carriesCommands(address) ? commands : api));
    }
    if (idleTimeout !== undefined && idle !== undefined) {
      this.#endIdleWatch = watchIdleness(engine, activity, idleTimeout * 1000, idle);
    }
    const listening = this.#listeners.map((listener) => listener.address);
    this.#logger.info("ready", { listening: listening.join(","), dataRoot: paths.dataRoot, pid: process.pid });
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

/** Whether the commands of 2013 are asked for at an address, and not Docker's API. */
function carriesCommands(address: string): boolean {
  return /^(rcli|web):/.test(address);
}
