import { rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";

import { EngineError } from "@gantry/core";
import type {
  CreateOptions,
  ExitStatus,
  IsolatedContainer,
  IsolatedProcess,
  IsolatedState,
  IsolationBackend,
  IsolationFeatures,
  LoadOptions,
  OutputChunk,
  OutputQuery,
  ProcessSpec,
  RuntimeSpec,
} from "@gantry/core";

/** What a program of a script does; `sleep` does nothing until it is told to. */
type Program = (container: ScriptedContainer, args: readonly string[]) => void;

const programs: Readonly<Record<string, Program>> = {
  true: (container) => container.exit(0),
  exit: (container, [code]) => container.exit(Number(code)),
  echo: (container, words) => {
    container.write("stdout", `${words.join(" ")}\n`);
    container.exit(0);
  },
  sleep: () => {},
  stubborn: () => {},
};

/** The processes of a machine, which outlive engines. */
export class ScriptedMachine {
  readonly containers = new Map<string, ScriptedContainer>();

  get(id: string): ScriptedContainer {
    return this.containers.get(id)!;
  }

  /** What a container that was never started does when its engine is gone. */
  loseEngine(): void {
    for (const [id, { current }] of this.containers) if (current === "created") this.containers.delete(id);
  }
}

/** An isolation backend whose programs are what a test says. */
export class ScriptedBackend implements IsolationBackend {
  readonly features: IsolationFeatures = {
    name: "scripted",
    namespaces: [],
    seccomp: true,
    capabilities: true,
    terminal: true,
    pause: true,
    exec: true,
    userNamespaces: false,
  };

  constructor(readonly machine: ScriptedMachine) {}

  async create(id: string, spec: RuntimeSpec, options: CreateOptions): Promise<IsolatedContainer> {
    options.signal?.throwIfAborted();
    if (this.machine.containers.has(id)) throw new EngineError("conflict", `container ${id} exists`);
    const container = new ScriptedContainer(id, spec, options, () => this.machine.containers.delete(id));
    this.machine.containers.set(id, container);
    return container;
  }

  async load(id: string, options: LoadOptions): Promise<IsolatedContainer> {
    options.signal?.throwIfAborted();
    const container = this.machine.containers.get(id);
    if (container === undefined) throw new EngineError("not-found", `no container ${id}`);
    return container;
  }
}

let lastPid = 1_000_000_000;
let lastTime = 1_700_000_000_000_000_000n;

export class ScriptedContainer implements IsolatedContainer {
  current: IsolatedState = "created";
  stdin = "";
  stdinClosed = false;
  size: unknown;
  readonly released: number[] = [];
  readonly execs = new Map<string, ScriptedContainer>();
  #pid: number | undefined = (lastPid += 1);
  #chunks: OutputChunk[] = [];
  #end = 0;
  #changed = Promise.withResolvers<void>();
  readonly #exit = Promise.withResolvers<ExitStatus>();

  constructor(
    readonly id: string,
    readonly spec: RuntimeSpec,
    readonly options: CreateOptions,
    readonly forget: () => void,
  ) {}

  get pid(): number | undefined {
    return this.#pid;
  }

  write(stream: "stdout" | "stderr", text: string): void {
    const data = Buffer.from(text);
    this.#end += data.length;
    this.#chunks.push({ stream, data, time: (lastTime += 1n), next: this.#end });
    this.#change();
  }

  exit(code: number): void {
    // The others die with the first, as in a pid namespace.
    for (const process of this.execs.values()) if (process.current === "running") process.exit(137);
    this.current = "stopped";
    this.#pid = undefined;
    this.#exit.resolve({ code, exitedAt: 1_800_000_000_000_000_001n });
    this.#change();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async state(): Promise<IsolatedState> {
    return this.current;
  }

  async start(): Promise<void> {
    const [program = "", ...args] = this.spec.process.args;
    if (program === "locked") {
      throw new EngineError("forbidden", "no", { details: { reason: "executable-not-permitted" } });
    }
    const run = programs[program];
    if (!run) throw new EngineError("not-found", "no", { details: { reason: "executable-not-found" } });
    this.current = "running";
    run(this, args);
  }

  async kill(signal: number): Promise<void> {
    if (this.current === "stopped") throw new EngineError("conflict", "gone");
    if (signal === 9 || (signal === 15 && this.spec.process.args[0] !== "stubborn")) this.exit(128 + signal);
  }

  async pause(): Promise<void> {
    this.current = "paused";
  }

  async resume(): Promise<void> {
    if (this.current === "paused") this.current = "running";
  }

  async exec(id: string, process: ProcessSpec, options: CreateOptions): Promise<IsolatedProcess> {
    if (this.current !== "running") throw new EngineError("conflict", `${this.id} is ${this.current}`);
    await mkdir(options.stateDirectory, { recursive: true });
    const forget = (): void => {
      this.execs.delete(id);
      rmSync(options.stateDirectory, { recursive: true, force: true });
    };
    const added = new ScriptedContainer(id, { ...this.spec, process }, options, forget);
    this.execs.set(id, added);
    return added;
  }

  async loadExec(id: string): Promise<IsolatedProcess> {
    const found = this.execs.get(id);
    if (found === undefined) throw new EngineError("not-found", `no process ${id}`);
    return found;
  }

  async processes(): Promise<readonly number[]> {
    return this.#pid === undefined ? [] : [this.#pid];
  }

  wait({ signal }: { signal?: AbortSignal } = {}): Promise<ExitStatus> {
    return Promise.race([this.#exit.promise, aborted(signal)]);
  }

  async resize(size: unknown): Promise<void> {
    this.size = size;
  }

  async writeStdin(data: Uint8Array): Promise<void> {
    this.stdin += Buffer.from(data).toString();
  }

  async closeStdin(): Promise<void> {
    this.stdinClosed = true;
  }

  async *output({ from = 0, follow = false, signal }: OutputQuery = {}): AsyncGenerator<OutputChunk> {
    let position = from;
    for (;;) {
      signal?.throwIfAborted();
      const changed = this.#changed.promise;
      const stopped = this.current === "stopped";
      for (const chunk of this.#chunks.filter(({ next }) => next > position)) {
        yield chunk;
        position = chunk.next;
      }
      if (stopped || !follow) return;
      await Promise.race([changed, aborted(signal)]);
    }
  }

  async outputEnd(): Promise<number> {
    return this.#end;
  }

  async releaseOutput(before: number): Promise<void> {
    this.released.push(before);
    this.#chunks = this.#chunks.filter(({ next }) => next > before);
  }

  async delete(): Promise<void> {
    if (this.current !== "stopped") this.exit(137);
    this.forget();
  }
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}
