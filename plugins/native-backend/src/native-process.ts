import { readdirSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";

import { EngineError } from "@gantry/core";
import type {
  CallOptions,
  ConsoleSize,
  ExitStatus,
  IsolatedProcess,
  IsolatedState,
  OutputChunk,
  OutputPosition,
  OutputQuery,
} from "@gantry/core";
import { isAlive, outputEnd, readLaunchRecord, readOutput, releaseOutput } from "@gantry/linux";
import type { Monitor, MonitorLocation } from "@gantry/linux";

import { SIGKILL } from "./kernel-constants.ts";
import { launchError } from "./launch-error.ts";

/** The assembled filter of a container, which a process added later gets too. */
export const seccompRecord = "seccomp";
/** What may lie in a state directory that is ours; with `.new` what was being written when a monitor was killed. */
const ownRecord = /^(output\..*|(exit|launch|seccomp)(\.new)?)$/;

/** What is known of a process when a handle for it is made. */
export interface ProcessHandle {
  readonly id: string;
  readonly location: MonitorLocation;
  /** Absent once it is gone. */
  readonly monitor: Monitor | undefined;
  readonly started: boolean;
  readonly exit?: ExitStatus;
  /** Told when the process was deleted. */
  readonly forget: (id: string) => void;
}

/** A process under a monitor. A program added by `exec` is just that; a container is more (see `NativeContainer`). */
export class NativeProcess implements IsolatedProcess {
  readonly id: string;
  readonly location: MonitorLocation;
  readonly #monitor: Monitor | undefined;
  #started: boolean;
  #starting = false;
  #exit: ExitStatus | undefined;
  #exited: Promise<ExitStatus> | undefined;
  #released = false;
  readonly #forget: (id: string) => void;

  constructor({ id, location, monitor, started, exit, forget }: ProcessHandle) {
    this.id = id;
    this.location = location;
    this.#monitor = monitor;
    this.#started = started;
    this.#exit = exit;
    this.#forget = forget;
    if (!monitor) return;
    // Learns of the end without being asked, so that `pid` and `state` tell the truth.
    this.#exited = this.#follow(monitor);
    this.#exited.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#exit ? undefined : this.#monitor?.pid;
  }

  async state(options?: CallOptions): Promise<IsolatedState> {
    options?.signal?.throwIfAborted();
    if (this.#exit) return "stopped";
    return this.#started ? "running" : "created";
  }

  async start(options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    if (this.#starting || this.#started || this.#exit) {
      throw new EngineError("conflict", `${this.id} was started already`);
    }
    this.#starting = true;
    try {
      await this.#live().start(options);
      this.#started = true;
    } catch (error) {
      await this.delete();
      throw launchError(error);
    }
  }

  async kill(signal: number, options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    await this.#live().signal(signal);
  }

  async wait(options?: CallOptions): Promise<ExitStatus> {
    options?.signal?.throwIfAborted();
    if (this.#exit) return this.#exit;
    if (!this.#exited) throw new EngineError("internal", `${this.id} has neither a monitor nor an exit`);
    return await abortable(this.#exited, options?.signal);
  }

  async resize({ rows, columns }: ConsoleSize, options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    await this.#live().resize({ rows, columns });
  }

  async writeStdin(data: Uint8Array, options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    await this.#live().writeStdin(data);
  }

  async closeStdin(options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    if (!this.#exit) await this.#live().closeStdin();
  }

  output(query?: OutputQuery): AsyncIterable<OutputChunk> {
    if (this.#monitor && !this.#exit) return this.#monitor.output(query);
    return readOutput(this.location.directory, query);
  }

  async outputEnd(): Promise<OutputPosition> {
    if (this.#monitor && !this.#exit) return await this.#monitor.outputEnd();
    return await outputEnd(this.location.directory);
  }

  async releaseOutput(before: OutputPosition): Promise<void> {
    if (this.#monitor && !this.#exit) await this.#monitor.releaseOutput(before);
    else await releaseOutput(this.location.directory, before);
  }

  async delete(options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    await this.end();
    // The exit is reported before the mounts are down, and whoever deletes is about to use or remove what was mounted.
    if (!this.#released) await this.#monitor?.gone();
    this.release();
    removeRecords(this.location);
    this.#forget(this.id);
  }

  /** Lets go of the process: one that runs goes on, one that was not started ends. */
  release(): void {
    this.#released = true;
    this.#monitor?.disconnect();
  }

  /** Kills the process, if it is there, and waits until it is gone. */
  protected async end(): Promise<void> {
    if (this.#exit || !this.#exited) return;
    await this.#monitor?.signal(SIGKILL).catch(() => undefined);
    await this.#exited;
  }

  /** Called once when the monitor is found to be gone without an exit record. */
  protected async endUnwatched(): Promise<void> {
    await killRecorded(this.location.directory);
  }

  async #follow(monitor: Monitor): Promise<ExitStatus> {
    const exit = await monitor.wait().catch((error: unknown) => {
      if (this.#released) throw error;
      return lostExit();
    });
    if (exit.lost) await this.endUnwatched();
    this.#exit = exit;
    return exit;
  }

  #live(): Monitor {
    if (this.#monitor && !this.#exit) return this.#monitor;
    throw new EngineError("conflict", `${this.id} has exited`);
  }
}

/** What stands for the exit status when the monitor was lost. */
export function lostExit(): ExitStatus {
  return { code: 255, exitedAt: BigInt(Date.now()) * 1_000_000n, lost: true };
}

/** Kills the process that the launch record names, if it is still that one. */
export async function killRecorded(directory: string): Promise<void> {
  const launch = await readLaunchRecord(directory);
  if (!launch || !(await isAlive(launch))) return;
  try {
    process.kill(launch.pid, "SIGKILL");
  } catch {
    // It ended in the meantime.
  }
}

/** Removes what a monitor and its backend left; the directory too when nothing else is in it. */
export function removeRecords({ socket, directory }: MonitorLocation): void {
  unlinkIfThere(socket);
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return;
  }
  const own = names.filter((name) => ownRecord.test(name));
  for (const name of own) unlinkIfThere(join(directory, name));
  if (own.length === names.length) rmdirSync(directory);
}

/** unlink(2) at once: through the thread pool, and asking first what it is, it takes ten times as long. */
function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "ENOENT") throw error;
  }
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
