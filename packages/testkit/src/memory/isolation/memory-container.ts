import {
  type CallOptions,
  type ConsoleSize,
  type CreateOptions,
  EngineError,
  type ExitStatus,
  type IsolatedContainer,
  type IsolatedProcess,
  type IsolatedState,
  type LoadOptions,
  type OutputChunk,
  type OutputPosition,
  type OutputQuery,
  type ProcessSpec,
} from "@gantry/core";

import { MemoryOutputRecord } from "./memory-output-record.ts";
import { MemoryProcess, ProgramEnd } from "./memory-process.ts";
import { findProgram } from "./memory-shell.ts";

const defaultOutputLimit = 100 * 1024 * 1024;

/** What a container and a process that was added to it have in common. */
export class MemoryIsolatedProcess implements IsolatedProcess {
  readonly id: string;
  readonly process: MemoryProcess;
  readonly #forget: () => void;
  #started = false;

  /** @param forget called once it is deleted, or could not be started */
  constructor(id: string, process: MemoryProcess, forget: () => void) {
    this.id = id;
    this.process = process;
    this.#forget = forget;
  }

  get pid(): number | undefined {
    return this.process.status === undefined ? this.process.pid : undefined;
  }

  get started(): boolean {
    return this.#started;
  }

  async state(): Promise<IsolatedState> {
    if (this.process.status !== undefined) return "stopped";
    if (!this.#started) return "created";
    return this.process.paused ? "paused" : "running";
  }

  async start(options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    if (this.#started || this.process.status !== undefined)
      throw new EngineError("conflict", `${this.id} was started already`);
    const [name = "", ...words] = this.process.spec.args;
    const path = this.process.spec.env.find((entry) => entry.startsWith("PATH="))?.slice("PATH=".length) ?? "";
    const program = findProgram(name, path);
    if (program === undefined) {
      await this.delete();
      throw name.endsWith("/") ? notPermitted(name) : notFound(name);
    }
    this.#started = true;
    const out = (data: string | Uint8Array): Promise<void> => this.process.write("stdout", data);
    void program(this.process, words, out).then(
      (code) => this.process.end(code ?? 0),
      (thrown: unknown) => this.process.end(thrown instanceof ProgramEnd ? thrown.code : 255),
    );
  }

  async kill(signal: number): Promise<void> {
    this.#refuseStopped();
    this.process.signal(signal);
  }

  async wait({ signal }: CallOptions = {}): Promise<ExitStatus> {
    signal?.throwIfAborted();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
    try {
      return await Promise.race([this.process.exited, aborted]);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  async resize(size: ConsoleSize): Promise<void> {
    this.#refuseStopped();
    if (this.process.terminal !== undefined) this.process.terminal.size = size;
    this.process.signal(28);
  }

  async writeStdin(data: Uint8Array): Promise<void> {
    this.process.typeInput(data);
  }

  async closeStdin(): Promise<void> {
    this.process.endInput();
  }

  output(query?: OutputQuery): AsyncIterable<OutputChunk> {
    return this.process.record.read(query);
  }

  async outputEnd(): Promise<OutputPosition> {
    return this.process.record.end;
  }

  async releaseOutput(before: OutputPosition): Promise<void> {
    this.process.record.release(before);
  }

  async delete(): Promise<void> {
    this.process.signal(9);
    this.#forget();
  }

  #refuseStopped(): void {
    if (this.process.status !== undefined) throw new EngineError("conflict", `${this.id} has stopped`);
  }
}

/** A container of the memory backend. */
export class MemoryContainer extends MemoryIsolatedProcess implements IsolatedContainer {
  readonly #hostname: string;
  readonly #added = new Map<string, MemoryIsolatedProcess>();

  constructor(id: string, process: MemoryProcess, forget: () => void) {
    super(id, process, forget);
    this.#hostname = process.hostname;
    void process.exited.then(() => {
      for (const added of this.#added.values()) added.process.signal(9);
    });
  }

  async pause(): Promise<void> {
    await this.#setPaused(true, "running");
  }

  async resume(): Promise<void> {
    await this.#setPaused(false, "paused");
  }

  async exec(execId: string, spec: ProcessSpec, options: CreateOptions): Promise<IsolatedProcess> {
    if ((await this.state()) !== "running")
      throw new EngineError("conflict", `${this.id} does not run: start it first`);
    if (this.#added.has(execId)) throw new EngineError("conflict", `process ${execId} exists in ${this.id}`);
    const process = makeProcess(spec, this.#hostname, options, false);
    const added = new MemoryIsolatedProcess(execId, process, () => this.#added.delete(execId));
    this.#added.set(execId, added);
    return added;
  }

  async loadExec(execId: string, _options: LoadOptions): Promise<IsolatedProcess> {
    const added = this.#added.get(execId);
    if (added === undefined) throw new EngineError("not-found", `no process ${execId} in ${this.id}`);
    return added;
  }

  async processes(): Promise<readonly number[]> {
    return [this, ...this.#added.values()].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  async #setPaused(paused: boolean, needed: IsolatedState): Promise<void> {
    const state = await this.state();
    if (state !== needed) throw new EngineError("conflict", `${this.id} is ${state}, not ${needed}`);
    for (const { process } of [this, ...this.#added.values()]) process.paused = paused;
  }
}

/** @param first whether it is the container's first process */
export function makeProcess(
  spec: ProcessSpec,
  hostname: string,
  options: CreateOptions,
  first: boolean,
): MemoryProcess {
  const record = new MemoryOutputRecord(options.outputLimit ?? defaultOutputLimit);
  return new MemoryProcess(spec, { hostname, record, openStdin: options.openStdin, first });
}

function notFound(name: string): EngineError {
  const details = { reason: "executable-not-found" };
  return new EngineError("not-found", `${name}: executable file not found in $PATH`, { details });
}

function notPermitted(name: string): EngineError {
  const details = { reason: "executable-not-permitted" };
  return new EngineError("forbidden", `${name}: permission denied`, { details });
}
