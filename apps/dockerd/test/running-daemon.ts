import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { silentLogger } from "@gantry/core";

import { Daemon, type DaemonContext } from "../src/daemon.ts";
import { type DaemonOptions, parseDaemonArguments, resolveDaemonOptions } from "../src/daemon-options.ts";

export function daemonContext(change: Partial<DaemonContext> = {}): DaemonContext {
  return { version: "1.2.3", logger: silentLogger, live: { logLevel: "error", labels: [] }, ...change };
}

/** Options for a daemon in directories of its own. */
export async function optionsIn(directory: string, ...flags: string[]): Promise<DaemonOptions> {
  const places = ["--data-root", join(directory, "data"), "--exec-root", join(directory, "run")];
  const options = await resolveDaemonOptions(parseDaemonArguments([...places, ...flags]));
  return { ...options, configFile: join(directory, "daemon.json") };
}

/** A daemon in directories of its own; both go with it. */
export class RunningDaemon implements AsyncDisposable {
  readonly socket: string;
  readonly #daemon: Daemon;
  readonly #directory: string;

  private constructor(daemon: Daemon, directory: string) {
    this.#daemon = daemon;
    this.#directory = directory;
    this.socket = join(directory, "run/docker.sock");
  }

  static async start(): Promise<RunningDaemon> {
    const directory = await mkdtemp(join(tmpdir(), "dockerd-"));
    return new RunningDaemon(await Daemon.start(await optionsIn(directory), daemonContext()), directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon.stop(AbortSignal.abort());
    await rm(this.#directory, { recursive: true, force: true });
  }
}
