import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { EngineError, inject, Paths } from "@gantry/core";
import type {
  CreateOptions,
  IsolatedContainer,
  IsolatedProcess,
  IsolationBackend,
  IsolationFeatures,
  Lifecycled,
  LoadOptions,
  ProcessSpec,
  RuntimeSpec,
} from "@gantry/core";
import { Helper, helperBinary, readExitRecord, readLaunchRecord } from "@gantry/linux";
import type { LaunchProgram, Monitor, MonitorLocation } from "@gantry/linux";

import { allCapabilities, compileContainer } from "./compile-container.ts";
import { compileExec } from "./compile-exec.ts";
import { namespaceKinds } from "./compile-namespaces.ts";
import { launchError } from "./launch-error.ts";
import { killGroup, NativeContainer } from "./native-container.ts";
import type { ProcessAdder } from "./native-container.ts";
import { NativeOptions } from "./native-options.ts";
import { killRecorded, lostExit, NativeProcess, removeRecords, seccompRecord } from "./native-process.ts";
import type { ProcessHandle } from "./native-process.ts";
import { foreignNamespaces } from "./namespaces-of.ts";
import { SeccompCache } from "./seccomp/seccomp-cache.ts";
import { validateProcess, validateSpec } from "./validate-spec.ts";

type FoundProcess = Omit<ProcessHandle, "id" | "forget">;

/** Runs containers on the kernel's namespaces, by no program but the helper. */
export class NativeBackend implements IsolationBackend, Lifecycled, ProcessAdder {
  readonly features: IsolationFeatures = {
    name: "native",
    namespaces: Object.keys(namespaceKinds),
    seccomp: true,
    capabilities: true,
    terminal: true,
    pause: true,
    exec: true,
    userNamespaces: true,
    get init() {
      return { path: helperBinary(), arguments: ["init", "--"] };
    },
  };
  readonly #helper: Helper;
  readonly #execRoot: string;
  readonly #seccomp = new SeccompCache();
  /** Containers of this engine process; one that was not started yet can only be had from here. */
  readonly #containers = new Map<string, NativeContainer>();
  /** Processes added to them, by `CONTAINER/ID`. */
  readonly #added = new Map<string, NativeProcess>();
  /** What is being made at present. */
  readonly #making = new Set<string>();
  #capabilities: bigint | undefined;

  /** @param paths where `options.execRoot` is not given */
  constructor(
    @inject(Helper) helper: Helper,
    @inject(Paths) paths: Pick<Paths, "execRoot">,
    @inject(NativeOptions) options: NativeOptions = {},
  ) {
    this.#helper = helper;
    this.#execRoot = options.execRoot ?? paths.execRoot;
  }

  /** Makes the directories that all containers share. */
  start(): void {
    // Searchable for all: in a user namespace the process that mounts here is not the host's root.
    mkdirSync(this.#staging, { recursive: true, mode: 0o711 });
    mkdirSync(join(this.#execRoot, "m"), { recursive: true, mode: 0o700 });
    this.#capabilities = permittedCapabilities();
  }

  /** What runs goes on without the engine; what was created and not started ends. */
  stop(): void {
    for (const process of [...this.#containers.values(), ...this.#added.values()]) process.release();
    this.#containers.clear();
    this.#added.clear();
  }

  async create(id: string, spec: RuntimeSpec, options: CreateOptions): Promise<IsolatedContainer> {
    options.signal?.throwIfAborted();
    checkId(id);
    validateSpec(spec);
    if (this.#capabilities === undefined) this.start();
    const seccomp = spec.seccomp && this.#seccomp.program(spec.seccomp);
    const context = { staging: this.#staging, seccomp, capabilities: this.#capabilities ?? 0n };
    const program = compileContainer(spec, options, context);
    const forget = (): void => void this.#containers.delete(id);
    const launched = await this.#launch(id, program, options, seccomp);
    const container = new NativeContainer({ ...launched, id, forget }, options.limits, this);
    this.#containers.set(id, container);
    return container;
  }

  async load(id: string, options: LoadOptions): Promise<IsolatedContainer> {
    options.signal?.throwIfAborted();
    checkId(id);
    const present = this.#containers.get(id);
    if (present) return present;
    const found = await this.#find(id, options);
    if (!found) throw new EngineError("not-found", `no container ${id}`);
    const forget = (): void => void this.#containers.delete(id);
    const container = new NativeContainer({ ...found, id, forget }, options.limits, this);
    this.#containers.set(id, container);
    return container;
  }

  async exec(
    container: NativeContainer,
    execId: string,
    process: ProcessSpec,
    options: CreateOptions,
  ): Promise<IsolatedProcess> {
    checkId(execId);
    validateProcess(process);
    const { pid } = container;
    if (pid === undefined) throw new EngineError("conflict", `${container.id} has exited`);
    const namespaces = foreignNamespaces(pid);
    const target = {
      pid,
      namespaces,
      seccomp: readSeccompRecord(container.location.directory),
      available: namespaces.includes("user") ? allCapabilities : (this.#capabilities ??= permittedCapabilities()),
    };
    const limits = options.limits ?? container.limits;
    const program = compileExec(process, { ...options, ...(limits && { limits }) }, target);
    const name = `${container.id}/${execId}`;
    return this.#keep(name, execId, await this.#launch(name, program, options));
  }

  async loadExec(container: NativeContainer, execId: string, options: LoadOptions): Promise<IsolatedProcess> {
    const name = `${container.id}/${execId}`;
    const present = this.#added.get(name);
    if (present) return present;
    // The group is the container's: it is not ended with one process of it.
    const found = await this.#find(name, { stateDirectory: options.stateDirectory });
    if (!found) throw new EngineError("not-found", `no process ${execId} in container ${container.id}`);
    return this.#keep(name, execId, found);
  }

  #keep(name: string, id: string, process: FoundProcess): NativeProcess {
    const added = new NativeProcess({ ...process, id, forget: () => void this.#added.delete(name) });
    this.#added.set(name, added);
    return added;
  }

  /** Runs a program up to its barrier under a monitor of its own. Leaves nothing when it fails. */
  async #launch(
    name: string,
    program: LaunchProgram,
    options: CreateOptions,
    seccomp?: Uint8Array,
  ): Promise<FoundProcess> {
    const location = this.#locate(name, options);
    if (this.#making.has(name) || this.#containers.has(name) || this.#added.has(name) || hasRecords(location)) {
      throw new EngineError("conflict", `${name} exists`);
    }
    this.#making.add(name);
    let monitor: Monitor | undefined;
    try {
      mkdirSync(location.directory, { recursive: true, mode: 0o700 });
      monitor = await this.#helper.monitor(location);
      if (seccomp) writeFileSync(join(location.directory, seccompRecord), seccomp, { mode: 0o600 });
      await monitor.launch(program, options);
      return { location, monitor, started: false };
    } catch (error) {
      monitor?.disconnect();
      removeRecords(location);
      if (monitor) await socketGone(location.socket);
      throw launchError(error);
    } finally {
      this.#making.delete(name);
    }
  }

  /** What is left of a process that an earlier engine made; `undefined` when nothing is, or it was never started. */
  async #find(name: string, options: LoadOptions): Promise<FoundProcess | undefined> {
    const location = this.#locate(name, options);
    const monitor = await this.#helper.reconnect(location);
    if (monitor) {
      if (await monitor.started().catch(() => false)) return { location, monitor, started: true };
      monitor.disconnect();
    }
    const exit = await readExitRecord(location.directory);
    if (exit) return { location, monitor: undefined, started: true, exit };
    if (!(await readLaunchRecord(location.directory))) return undefined;
    await killRecorded(location.directory);
    if (options.limits) await killGroup(options.limits);
    return { location, monitor: undefined, started: true, exit: lostExit() };
  }

  get #staging(): string {
    return join(this.#execRoot, "root");
  }

  /** The name of a socket may have 107 bytes, so it is not made of the id itself. */
  #locate(name: string, { stateDirectory }: LoadOptions): MonitorLocation {
    const hash = createHash("sha256").update(name).digest("hex").slice(0, 32);
    return { socket: join(this.#execRoot, "m", `${hash}.sock`), directory: stateDirectory };
  }
}

function checkId(id: string): void {
  if (/^[A-Za-z0-9_.-]{1,128}$/.test(id)) return;
  throw new EngineError("invalid-argument", `id ${JSON.stringify(id)}: must be 1-128 characters of A-Za-z0-9_.-`);
}

function hasRecords({ directory }: MonitorLocation): boolean {
  return existsSync(join(directory, "launch")) || existsSync(join(directory, "exit"));
}

function readSeccompRecord(directory: string): Uint8Array | undefined {
  const path = join(directory, seccompRecord);
  return existsSync(path) ? readFileSync(path) : undefined;
}

function permittedCapabilities(): bigint {
  const digits = /^CapPrm:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "0";
  return BigInt(`0x${digits}`);
}

/** A monitor that ends takes its socket away by name: the next one of that name must not be listening yet. */
async function socketGone(socket: string): Promise<void> {
  for (let wait = 0; wait < 400 && existsSync(socket); wait += 1) await delay(5);
}
