import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import {
  type CallOptions,
  EngineError,
  type Volume,
  VolumeDriver,
  type VolumeOptions,
  definePlugin,
} from "@gantry/core";

import { type MemoryOptions, sharedMemory } from "./shared-memory.ts";
import { Turns } from "./turns.ts";

interface Entry {
  readonly volume: Omit<Volume, "empty">;
  readonly users: Set<string>;
}

interface Memory {
  readonly entries: Map<string, Entry>;
  readonly turns: Turns;
}

const memoryOf = sharedMemory((): Memory => ({ entries: new Map(), turns: new Turns() }));

/** Keeps its books in memory and the content in directories beneath `root`, else beneath the system's temporary one. */
export class MemoryVolumeDriver implements VolumeDriver {
  readonly name = "memory";
  readonly #memory: Memory;
  readonly #root: string;

  constructor(options: MemoryOptions = {}) {
    this.#memory = memoryOf(options);
    this.#root = options.root ?? tmpdir();
  }

  async create(name: string, options: VolumeOptions, call?: CallOptions): Promise<Volume> {
    call?.signal?.throwIfAborted();
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/.test(name)) {
      throw new EngineError("invalid-argument", `malformed name of a volume: ${JSON.stringify(name)}`);
    }
    return this.#memory.turns.take(async () =>
      describe(this.#memory.entries.get(name) ?? (await this.#make(name, options)), options),
    );
  }

  async get(name: string): Promise<Volume | undefined> {
    const entry = this.#memory.entries.get(name);
    return entry === undefined ? undefined : describe(entry);
  }

  async *list(): AsyncIterable<Volume> {
    for (const entry of this.#memory.entries.values()) yield describe(entry);
  }

  async remove(name: string): Promise<void> {
    const { volume, users } = this.#find(name);
    const [user] = users;
    if (user !== undefined) throw new EngineError("conflict", `volume ${name} is in use by ${user}: remove that first`);
    this.#memory.entries.delete(name);
    await rm(volume.mountpoint, { recursive: true });
  }

  async mount(name: string, user: string): Promise<string> {
    const { volume, users } = this.#find(name);
    users.add(user);
    return volume.mountpoint;
  }

  async unmount(name: string, user: string): Promise<void> {
    this.#find(name).users.delete(user);
  }

  async #make(name: string, { labels, driverOptions }: VolumeOptions): Promise<Entry> {
    await mkdir(this.#root, { recursive: true });
    const mountpoint = await mkdtemp(join(this.#root, "volume-"));
    const volume = { name, labels, driverOptions, createdAt: new Date(), mountpoint };
    const entry = { volume, users: new Set<string>() };
    this.#memory.entries.set(name, entry);
    return entry;
  }

  #find(name: string): Entry {
    const entry = this.#memory.entries.get(name);
    if (entry === undefined) throw new EngineError("not-found", `no volume ${name}`);
    return entry;
  }
}

/** @param wanted the options that the volume must have */
async function describe({ volume }: Entry, wanted?: VolumeOptions): Promise<Volume> {
  const { labels, driverOptions } = volume;
  if (wanted !== undefined && !isDeepStrictEqual({ labels, driverOptions }, { ...wanted })) {
    throw new EngineError("conflict", `volume ${volume.name} exists with other options`);
  }
  return { ...volume, empty: (await readdir(volume.mountpoint)).length === 0 };
}

export const memoryVolumeDriver = definePlugin<MemoryOptions>({
  name: "@gantry/testkit/memory-volume-driver",
  provides: [VolumeDriver],
  register: (registrar, options) => registrar.value(VolumeDriver, new MemoryVolumeDriver(options)),
});
