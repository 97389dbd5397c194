import { EngineError, isEngineError } from "@gantry/core";
import type {
  CallOptions,
  CreateOptions,
  IsolatedContainer,
  IsolatedProcess,
  IsolatedState,
  LimitGroup,
  LoadOptions,
  ProcessSpec,
} from "@gantry/core";

import { killRecorded, NativeProcess } from "./native-process.ts";
import type { ProcessHandle } from "./native-process.ts";
import { processesInNamespaceOf } from "./namespaces-of.ts";

/** Adds processes to containers; the backend's part in `exec`. */
export interface ProcessAdder {
  exec(
    container: NativeContainer,
    execId: string,
    process: ProcessSpec,
    options: CreateOptions,
  ): Promise<IsolatedProcess>;
  loadExec(container: NativeContainer, execId: string, options: LoadOptions): Promise<IsolatedProcess>;
}

export class NativeContainer extends NativeProcess implements IsolatedContainer {
  readonly limits: LimitGroup | undefined;
  readonly #adder: ProcessAdder;

  constructor(handle: ProcessHandle, limits: LimitGroup | undefined, adder: ProcessAdder) {
    super(handle);
    this.limits = limits;
    this.#adder = adder;
  }

  override async state(options?: CallOptions): Promise<IsolatedState> {
    const state = await super.state(options);
    if (state !== "running" || !this.limits) return state;
    const frozen = await this.limits.frozen(options).catch(ignoreMissing);
    return frozen ? "paused" : state;
  }

  async pause(options?: CallOptions): Promise<void> {
    await this.#expect("running", options);
    await this.#freezer().freeze(options);
  }

  async resume(options?: CallOptions): Promise<void> {
    await this.#expect("paused", options);
    await this.#freezer().thaw(options);
  }

  async exec(execId: string, process: ProcessSpec, options: CreateOptions): Promise<IsolatedProcess> {
    await this.#expect("running", options);
    return await this.#adder.exec(this, execId, process, options);
  }

  async loadExec(execId: string, options: LoadOptions): Promise<IsolatedProcess> {
    return await this.#adder.loadExec(this, execId, options);
  }

  async processes(options?: CallOptions): Promise<readonly number[]> {
    options?.signal?.throwIfAborted();
    if (this.limits) return await this.limits.pids(options);
    return this.pid === undefined ? [] : processesInNamespaceOf(this.pid);
  }

  /** What is left of it may be more than its first process: in the host's pid namespace nobody dies with that. */
  protected override async end(): Promise<void> {
    if (this.limits) await killGroup(this.limits);
    await super.end();
  }

  protected override async endUnwatched(): Promise<void> {
    await killRecorded(this.location.directory);
    if (this.limits) await killGroup(this.limits);
  }

  #freezer(): LimitGroup {
    if (this.limits) return this.limits;
    throw new EngineError("unsupported", `${this.id} cannot be paused: it was created without a limit group`);
  }

  async #expect(wanted: IsolatedState, options?: CallOptions): Promise<void> {
    const state = await this.state(options);
    if (state !== wanted) throw new EngineError("conflict", `${this.id} is ${state}, not ${wanted}`);
  }
}

/** Kills all in a group; one that is gone holds nobody. */
export async function killGroup(limits: LimitGroup): Promise<void> {
  await limits.killAll().catch(ignoreMissing);
}

function ignoreMissing(error: unknown): undefined {
  if (!isEngineError(error, "not-found")) throw error;
  return undefined;
}
