import { access } from "node:fs/promises";

import {
  type CreateOptions,
  EngineError,
  type IsolatedContainer,
  IsolationBackend,
  type IsolationFeatures,
  type Lifecycled,
  type LoadOptions,
  type Mount,
  type RuntimeSpec,
  definePlugin,
  inject,
  token,
} from "@gantry/core";

import { MemoryContainer, makeProcess } from "./isolation/memory-container.ts";
import { type MemoryOptions, sharedMemory } from "./shared-memory.ts";

const containersOf = sharedMemory(() => new Map<string, MemoryContainer>());
const name = "@gantry/testkit/memory-isolation-backend";
const Options = token<MemoryOptions>(`${name}/options`);
const filesystems: readonly string[] = [
  "bind",
  "devpts",
  "mqueue",
  "overlay",
  "proc",
  "sysfs",
  "tmpfs",
  "cgroup",
  "cgroup2",
];

/**
 * Pretends to run processes: a few programs and a small shell, interpreted (see `MemoryShell`). Nothing is mounted and
 * nothing is isolated; life cycle, streams, signals and errors are those of the interface.
 */
export class MemoryIsolationBackend implements IsolationBackend, Lifecycled {
  readonly features: IsolationFeatures = {
    name: "memory",
    namespaces: ["mount", "pid", "network", "ipc", "uts"],
    seccomp: false,
    capabilities: false,
    terminal: true,
    pause: true,
    exec: true,
    userNamespaces: false,
  };
  readonly #containers: Map<string, MemoryContainer>;

  constructor(@inject(Options) options: MemoryOptions = {}) {
    this.#containers = containersOf(options);
  }

  /** What was created and never started ends with the engine. */
  async stop(): Promise<void> {
    for (const container of this.#containers.values()) if (!container.started) await container.delete();
  }

  async create(id: string, spec: RuntimeSpec, options: CreateOptions): Promise<IsolatedContainer> {
    options.signal?.throwIfAborted();
    if (!/^[A-Za-z0-9_.-]{1,128}$/.test(id)) throw new EngineError("invalid-argument", "malformed id of a container");
    this.#refuseTaken(id);
    this.#checkFeatures(spec);
    await checkSpec(spec);
    this.#refuseTaken(id);
    const process = makeProcess(spec.process, spec.hostname ?? "", options, true);
    const container = new MemoryContainer(id, process, () => this.#containers.delete(id));
    this.#containers.set(id, container);
    return container;
  }

  async load(id: string, _options: LoadOptions): Promise<IsolatedContainer> {
    const container = this.#containers.get(id);
    if (container === undefined) throw new EngineError("not-found", `no container ${id}`);
    return container;
  }

  #refuseTaken(id: string): void {
    if (this.#containers.has(id)) throw new EngineError("conflict", `container ${id} exists already`);
  }

  #checkFeatures({ seccomp, namespaces }: RuntimeSpec): void {
    if (seccomp !== undefined) throw new EngineError("unsupported", "the memory backend has no seccomp");
    const foreign = namespaces.find(({ type }) => !this.features.namespaces.includes(type));
    if (foreign !== undefined)
      throw new EngineError("unsupported", `the memory backend has no ${foreign.type} namespace`);
  }
}

async function checkSpec({ process, root, mounts }: RuntimeSpec): Promise<void> {
  if (process.args.length === 0) throw invalid("process.args", "there is no program to run");
  if (!process.cwd.startsWith("/"))
    throw invalid("process.cwd", `the working directory ${process.cwd} is not absolute`);
  for (const mount of root.mounts) await checkMount("root", mount);
  for (const mount of mounts) await checkMount("mount", mount);
}

async function checkMount(step: string, { type, source }: Mount): Promise<void> {
  if (!filesystems.includes(type)) throw invalid(step, `unknown file system ${type}`);
  const missing =
    type === "bind" &&
    (await access(source).then(
      () => false,
      () => true,
    ));
  if (missing) throw invalid(step, `${source} does not exist`);
}

function invalid(step: string, message: string): EngineError {
  return new EngineError("invalid-argument", message, { details: { step } });
}

export const memoryIsolationBackend = definePlugin<MemoryOptions>({
  name,
  provides: [IsolationBackend],
  register: (registrar, options) => {
    registrar.value(Options, options);
    registrar.singleton(IsolationBackend, MemoryIsolationBackend);
  },
});
