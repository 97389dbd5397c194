import type { CallOptions } from "./call-options.ts";
import type { LimitGroup } from "./resource-limiter.ts";
import type { ConsoleSize, ProcessSpec, RuntimeSpec } from "./runtime-spec.ts";
import { token } from "./token.ts";

/**
 * Runs processes apart from the host.
 *
 * **Life cycle.** `create` prepares everything short of running the program: namespaces, root, limits, streams; the
 * container is then `created` and has a pid whose namespaces can be entered (a network is attached here). `start` lets the
 * program run; it resolves once the program has been executed and rejects when it could not be. The container is then
 * `running`, perhaps `paused` in between, and `stopped` when its first process is gone. `delete` forgets it.
 *
 * **Survival.** A container outlives the engine: a *monitor* outside the engine's process owns its streams and records
 * output and exit status on disk, in the directory given to `create`. A later engine gets the container back by
 * `load(id)`, whatever happened in between. A container that was created and never started does not outlive the engine
 * that created it.
 *
 * **Streams.** Everything that the program writes goes into the *output record*: chunks with stream and time, in the
 * order in which they were read. Readers follow the record at their own pace (`output`), so a slow reader never stalls
 * the container and several read the same bytes. What lies before a reader may be dropped by `releaseOutput`, or by the
 * monitor when the record exceeds `outputLimit`; a reader that meets the gap is told (`lost`).
 *
 * **Errors** (`EngineError`). `conflict`: the id exists; the state forbids the call. `not-found`: no such container (load),
 * or at start: the program does not exist (`details.reason` = `executable-not-found`). `forbidden` at start: the program
 * may not be executed (`details.reason` = `executable-not-permitted`); or the engine lacks a right. `unsupported`: the
 * spec asks for what `features` does not list. `invalid-argument`: the spec contradicts itself or the kernel refuses
 * it; `details.step` names the part. A failed `create` or `start` leaves nothing behind: no process, mount, or file.
 */
export interface IsolationBackend {
  readonly features: IsolationFeatures;
  /**
   * @param id names the container in this backend; 1–128 characters of `[A-Za-z0-9_.-]`
   */
  create(id: string, spec: RuntimeSpec, options: CreateOptions): Promise<IsolatedContainer>;
  /** A container made by this or an earlier engine process. `not-found` when nothing of it is left. */
  load(id: string, options: LoadOptions): Promise<IsolatedContainer>;
}
export const IsolationBackend = token<IsolationBackend>("IsolationBackend");

export interface IsolationFeatures {
  readonly name: string;
  readonly namespaces: readonly string[];
  readonly seccomp: boolean;
  readonly capabilities: boolean;
  readonly terminal: boolean;
  readonly pause: boolean;
  readonly exec: boolean;
  readonly userNamespaces: boolean;
  /** Absent where there is none. */
  readonly init?: InitProgram;
}

/**
 * A program on the host that is fit to be a container's first process: it starts the command that follows its arguments,
 * passes signals on to it, reaps what is left to it, and ends as the command does. It needs nothing of the root around it.
 */
export interface InitProgram {
  /** Absolute; to be mounted into the container. */
  readonly path: string;
  readonly arguments: readonly string[];
}

export interface LoadOptions extends CallOptions {
  /** Where the container's records are kept: exit status, output record. Made when missing. Survives a reboot. */
  stateDirectory: string;
  /** The group that the container was put in, where there was one. */
  limits?: LimitGroup;
}

export interface CreateOptions extends LoadOptions {
  /** Whether the program has a standard input that clients can write to; else it reads end of file at once. */
  openStdin: boolean;
  /** Bytes of output kept in the record before the oldest are dropped; at least 1 MiB. Default 100 MB. */
  outputLimit?: number;
}

export type IsolatedState = "created" | "running" | "paused" | "stopped";

export interface IsolatedContainer {
  readonly id: string;
  /** Of the first process, in the host's pid namespace; `undefined` once it is gone. */
  readonly pid: number | undefined;
  state(options?: CallOptions): Promise<IsolatedState>;
  start(options?: CallOptions): Promise<void>;
  /** Sends a signal to the first process. `conflict` when it is gone. */
  kill(signal: number, options?: CallOptions): Promise<void>;
  pause(options?: CallOptions): Promise<void>;
  resume(options?: CallOptions): Promise<void>;
  /** Prepares one more process in the container, with a monitor of its own; its `start` lets it run. `conflict` unless running. */
  exec(execId: string, process: ProcessSpec, options: CreateOptions): Promise<IsolatedProcess>;
  /** A process that `exec` made, also by an earlier engine. */
  loadExec(execId: string, options: LoadOptions): Promise<IsolatedProcess>;
  /** Pids of all its processes, in the host's pid namespace. */
  processes(options?: CallOptions): Promise<readonly number[]>;
  /**
   * Resolves when the first process has exited and its exit is recorded; any number may wait, also afterwards. The root
   * may be mounted a moment longer.
   */
  wait(options?: CallOptions): Promise<ExitStatus>;
  resize(size: ConsoleSize, options?: CallOptions): Promise<void>;
  /** Writes to the standard input; resolves when the monitor has taken the bytes. Dropped once the program closed it. */
  writeStdin(data: Uint8Array, options?: CallOptions): Promise<void>;
  closeStdin(options?: CallOptions): Promise<void>;
  /** The output record from a position on. Ends after the last chunk once the container has stopped, if `follow`; else at its present end. */
  output(query?: OutputQuery): AsyncIterable<OutputChunk>;
  /** Where the record ends at present. */
  outputEnd(): Promise<OutputPosition>;
  /** Lets the backend drop what lies before the position. */
  releaseOutput(before: OutputPosition): Promise<void>;
  /** Forgets the container: kills what is left of it, takes its mounts down, removes run-time files and its records. Repeatable. */
  delete(options?: CallOptions): Promise<void>;
}

/** What `exec` made: a process with streams and an exit of its own, in somebody else's namespaces. */
export type IsolatedProcess = Omit<IsolatedContainer, "exec" | "loadExec" | "pause" | "resume" | "processes">;

export interface ExitStatus {
  /** The exit code, or 128 + the number of the signal that ended it. */
  code: number;
  /** The signal that ended it. */
  signal?: number;
  /** Nanoseconds since the epoch. */
  exitedAt: bigint;
  /** True when the monitor itself was lost and the status could not be learned; the code is then 255. */
  lost?: boolean;
}

/** Bytes written since the first start of the record; grows only. */
export type OutputPosition = number;

export interface OutputQuery extends CallOptions {
  /** Default: the oldest that is kept. */
  from?: OutputPosition;
  /** Wait for more until the container has stopped. */
  follow?: boolean;
}

export interface OutputChunk {
  /** A pseudo-terminal has `stdout` only. */
  stream: "stdout" | "stderr";
  data: Uint8Array;
  /** When it was read, nanoseconds since the epoch. */
  time: bigint;
  /** Where the record goes on after this chunk. */
  next: OutputPosition;
  /** Bytes that were dropped before this chunk because the reader came too late; absent when none. */
  lost?: number;
}
