import { execFile } from "node:child_process";
import { chmod, lstat, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import {
  type CallOptions,
  EngineError,
  type Mount,
  type SnapshotInfo,
  type SnapshotUsage,
  StorageDriver,
  type StorageFeatures,
  definePlugin,
} from "@gantry/core";

import { type MemoryOptions, sharedMemory } from "./shared-memory.ts";

interface Snapshot extends SnapshotInfo {
  readonly directory: string;
  /** False while its content is still being copied. */
  ready: boolean;
}

const snapshotsOf = sharedMemory(() => new Map<string, Snapshot>());
const copy = promisify(execFile);

/**
 * Keeps its records in memory and the content in directories: beneath `root`, else beneath a temporary directory that the
 * user removes. Copies the parent as a whole.
 */
export class MemoryStorageDriver implements StorageDriver {
  readonly features: StorageFeatures = {
    name: "memory",
    sharesUnchanged: false,
    constantTimePrepare: false,
    maximumDepth: Number.POSITIVE_INFINITY,
  };
  readonly #snapshots: Map<string, Snapshot>;
  readonly #root: string;

  constructor(options: MemoryOptions = {}) {
    this.#snapshots = snapshotsOf(options);
    this.#root = options.root ?? tmpdir();
  }

  async prepare(key: string, parent: string | undefined, options?: CallOptions): Promise<readonly Mount[]> {
    return this.#make("active", key, parent, options);
  }

  async view(key: string, parent: string, options?: CallOptions): Promise<readonly Mount[]> {
    return this.#make("view", key, parent, options);
  }

  async mounts(key: string): Promise<readonly Mount[]> {
    const snapshot = this.#find(key);
    if (snapshot.kind === "committed") throw refused(`snapshot ${key} is committed: make a view of it`);
    const access = snapshot.kind === "view" ? "ro" : "rw";
    return [{ type: "bind", source: snapshot.directory, options: ["rbind", access] }];
  }

  async commit(name: string, key: string, options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    const snapshot = this.#find(key);
    checkKey(name);
    if (snapshot.kind !== "active")
      throw refused(`snapshot ${key} is ${snapshot.kind}: only an active one is committed`);
    this.#refuseTaken(name);
    this.#snapshots.delete(key);
    this.#snapshots.set(name, { ...snapshot, key: name, kind: "committed", createdAt: new Date() });
  }

  async remove(key: string, options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    const { directory } = this.#find(key);
    const child = [...this.#snapshots.values()].find(({ parent }) => parent === key);
    if (child !== undefined)
      throw new EngineError("conflict", `snapshot ${key} has a child, ${child.key}: remove it first`);
    this.#snapshots.delete(key);
    await rm(directory, { recursive: true });
  }

  async stat(key: string): Promise<SnapshotInfo> {
    return describe(this.#find(key));
  }

  async usage(key: string): Promise<SnapshotUsage> {
    const { directory } = this.#find(key);
    const inodes = new Map<number, number>();
    for (const path of ["", ...(await readdir(directory, { recursive: true }))]) {
      const { ino, blocks } = await lstat(join(directory, path));
      inodes.set(ino, blocks * 512);
    }
    return { bytes: [...inodes.values()].reduce((sum, bytes) => sum + bytes, 0), inodes: inodes.size };
  }

  async *list(): AsyncIterable<SnapshotInfo> {
    yield* [...this.#snapshots.values()].filter(({ ready }) => ready).map(describe);
  }

  async #make(
    kind: "active" | "view",
    key: string,
    parent: string | undefined,
    options?: CallOptions,
  ): Promise<readonly Mount[]> {
    options?.signal?.throwIfAborted();
    checkKey(key);
    this.#refuseTaken(key);
    const from = parent === undefined ? undefined : this.#find(parent);
    if (from !== undefined && from.kind !== "committed")
      throw refused(`parent ${parent} is ${from.kind}: commit it first`);
    // The key is taken from here on, so that a second call meanwhile is a conflict and the parent stays.
    const pending = { key, kind, createdAt: new Date(), ready: false, ...(parent === undefined ? {} : { parent }) };
    this.#snapshots.set(key, { ...pending, directory: "" });
    try {
      const directory = await this.#makeDirectory(from?.directory);
      this.#snapshots.set(key, { ...pending, directory, ready: true });
    } catch (thrown) {
      this.#snapshots.delete(key);
      throw thrown;
    }
    return this.mounts(key);
  }

  async #makeDirectory(from: string | undefined): Promise<string> {
    await mkdir(this.#root, { recursive: true });
    const directory = await mkdtemp(join(this.#root, "snapshot-"));
    if (from === undefined) await chmod(directory, 0o755);
    // The program keeps owners, times and hard links, which Node's own copy does not.
    else await copy("cp", ["-a", `${from}/.`, directory]);
    return directory;
  }

  #find(key: string): Snapshot {
    const snapshot = this.#snapshots.get(key);
    if (snapshot?.ready !== true) throw new EngineError("not-found", `no snapshot ${key}`);
    return snapshot;
  }

  #refuseTaken(key: string): void {
    if (this.#snapshots.has(key)) throw new EngineError("conflict", `snapshot ${key} exists already`);
  }
}

function describe({ key, kind, parent, createdAt }: Snapshot): SnapshotInfo {
  return { key, kind, createdAt, ...(parent === undefined ? {} : { parent }) };
}

function checkKey(key: string): void {
  if (key === "" || key.includes("\0") || Buffer.byteLength(key) > 255) {
    throw refused("a snapshot's key has 1 to 255 bytes and no NUL");
  }
}

function refused(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}

export const memoryStorageDriver = definePlugin<MemoryOptions>({
  name: "@gantry/testkit/memory-storage-driver",
  provides: [StorageDriver],
  register: (registrar, options) => registrar.value(StorageDriver, new MemoryStorageDriver(options)),
});
