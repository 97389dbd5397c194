import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { EngineError, inject, token } from "@gantry/core";
import type { CallOptions, Mount, SnapshotInfo, SnapshotUsage, StorageDriver, StorageFeatures } from "@gantry/core";

const run = promisify(execFile);

export interface DirectoryOptions {
  root: string;
}
export const DirectoryOptions = token<DirectoryOptions>("directory-driver/Options");

interface Snapshot {
  kind: SnapshotInfo["kind"];
  parent?: string;
  createdAt: string;
  /** Its directory's name. Keys are any strings, so they name nothing on disk. */
  directory: string;
}

/** A storage driver as somebody else would write it: a directory for each snapshot, copied from its parent, and one index file. */
export class DirectoryDriver implements StorageDriver {
  readonly features: StorageFeatures = {
    name: "directory",
    sharesUnchanged: false,
    constantTimePrepare: false,
    maximumDepth: Number.POSITIVE_INFINITY,
  };
  protected index = new Map<string, Snapshot>();
  protected readonly root: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(@inject(DirectoryOptions) options: DirectoryOptions) {
    this.root = options.root;
  }

  async start(): Promise<void> {
    await mkdir(this.root, { recursive: true });
    const text = await readFile(join(this.root, "index.json"), "utf8").catch(() => "[]");
    this.index = new Map(JSON.parse(text) as [string, Snapshot][]);
    await this.save();
  }

  prepare(key: string, parent: string | undefined, options?: CallOptions): Promise<readonly Mount[]> {
    return this.#add(key, "active", parent, options);
  }

  view(key: string, parent: string, options?: CallOptions): Promise<readonly Mount[]> {
    return this.#add(key, "view", parent, options);
  }

  async mounts(key: string): Promise<readonly Mount[]> {
    const snapshot = this.#find(key);
    if (snapshot.kind === "committed") throw new EngineError("invalid-argument", `${key} is committed`);
    const options = ["rbind", snapshot.kind === "view" ? "ro" : "rw"];
    return [{ type: "bind", source: join(this.root, snapshot.directory), options }];
  }

  commit(name: string, key: string): Promise<void> {
    return this.#exclusive(async () => {
      this.#checkFree(name);
      const snapshot = this.#find(key);
      if (snapshot.kind !== "active") throw new EngineError("invalid-argument", `${key} is not active`);
      this.index.delete(key);
      this.index.set(name, { ...snapshot, kind: "committed", createdAt: new Date().toISOString() });
      await this.save();
    });
  }

  remove(key: string): Promise<void> {
    return this.#exclusive(async () => {
      const { directory } = this.#find(key);
      const child = [...this.index].find(([, { parent }]) => parent === key)?.[0];
      if (child !== undefined) throw new EngineError("conflict", `${key} is the parent of ${child}`);
      this.index.delete(key);
      await this.save();
      await rm(join(this.root, directory), { recursive: true, force: true });
    });
  }

  async stat(key: string): Promise<SnapshotInfo> {
    return describe(key, this.#find(key));
  }

  async usage(key: string): Promise<SnapshotUsage> {
    const path = join(this.root, this.#find(key).directory);
    const [bytes, inodes] = await Promise.all([run("du", ["-s", "-B1", path]), run("du", ["-s", "--inodes", path])]);
    return { bytes: Number.parseInt(bytes.stdout, 10), inodes: Number.parseInt(inodes.stdout, 10) };
  }

  async *list(): AsyncIterable<SnapshotInfo> {
    for (const [key, snapshot] of this.index) yield describe(key, snapshot);
  }

  protected async copyParent(from: string, to: string): Promise<void> {
    await run("cp", ["-a", "--reflink=auto", `${from}/.`, to]);
  }

  protected async save(): Promise<void> {
    const temporary = join(this.root, "index.json.new");
    const file = await open(temporary, "w");
    await file.writeFile(JSON.stringify([...this.index]));
    await file.sync();
    await file.close();
    await rename(temporary, join(this.root, "index.json"));
  }

  #add(key: string, kind: "active" | "view", parent: string | undefined, options?: CallOptions) {
    return this.#exclusive(async () => {
      options?.signal?.throwIfAborted();
      this.#checkFree(key);
      const base = parent === undefined ? undefined : this.#find(parent);
      if (base !== undefined && base.kind !== "committed") {
        throw new EngineError("invalid-argument", `${parent} is not committed`);
      }
      const directory = randomUUID();
      await mkdir(join(this.root, directory), { mode: 0o755 });
      if (base !== undefined) await this.copyParent(join(this.root, base.directory), join(this.root, directory));
      const createdAt = new Date().toISOString();
      this.index.set(key, { kind, ...(parent === undefined ? {} : { parent }), createdAt, directory });
      await this.save();
      return this.mounts(key);
    });
  }

  #find(key: string): Snapshot {
    const snapshot = this.index.get(key);
    if (snapshot === undefined) throw new EngineError("not-found", `no snapshot ${key}`);
    return snapshot;
  }

  #checkFree(key: string): void {
    const size = Buffer.byteLength(key);
    if (size === 0 || size > 255 || key.includes("\0")) throw new EngineError("invalid-argument", "a malformed key");
    if (this.index.has(key)) throw new EngineError("conflict", `there is a snapshot ${key}`);
  }

  /** One change at a time. */
  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }
}

function describe(key: string, { kind, parent, createdAt }: Snapshot): SnapshotInfo {
  return { key, kind, ...(parent === undefined ? {} : { parent }), createdAt: new Date(createdAt) };
}
