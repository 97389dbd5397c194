import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { type CallOptions, EngineError, FileTree, type Lifecycled, Paths, inject } from "@gantry/core";
import type { Mount, SnapshotInfo, SnapshotUsage, StorageDriver, StorageFeatures } from "@gantry/core";
import {
  type Snapshot,
  SnapshotIndex,
  copyTree,
  diskUsage,
  fileError,
  infoOf,
  removeTree,
  shown,
  synchronizeDirectory,
  wrapFileErrors,
} from "@gantry/files";

import { VfsOptions } from "./vfs-options.ts";

/**
 * StorageDriver without any help of a file system: `<root>/s/<number>/fs` is the whole content of a snapshot, and `prepare` copies the
 * parent's. A view is the parent's content itself, read-only.
 */
export class VfsDriver implements StorageDriver, Lifecycled {
  readonly features: StorageFeatures = {
    name: "vfs",
    sharesUnchanged: false,
    constantTimePrepare: false,
    maximumDepth: Infinity,
  };
  readonly #root: string;
  readonly #tree: FileTree;
  readonly #index: SnapshotIndex;
  #started: Promise<void> | undefined;

  /** @param options without a root, snapshots live in `vfs` beneath the data root */
  constructor(@inject(VfsOptions) options: VfsOptions, @inject(FileTree) tree: FileTree, @inject(Paths) paths?: Paths) {
    const root = options.root ?? (paths && join(paths.dataRoot, "vfs"));
    if (root === undefined)
      throw new EngineError("invalid-argument", "root is missing: give a directory for snapshots");
    this.#root = resolve(root);
    this.#tree = tree;
    this.#index = new SnapshotIndex(this.#root);
  }

  /** Reads the snapshots and removes what an unfinished call left. Any other call does it first when nobody did. */
  start(): Promise<void> {
    return (this.#started ??= this.#load());
  }

  async #load(): Promise<void> {
    wrapFileErrors(`make ${this.#root}`, () => mkdirSync(this.#root, { recursive: true, mode: 0o700 }));
    for (const leftover of this.#index.load()) await this.#removeTree(leftover);
  }

  async prepare(key: string, parent: string | undefined, options?: CallOptions): Promise<readonly Mount[]> {
    await this.#ready(options);
    const snapshot = wrapFileErrors(`make snapshot ${shown(key)}`, () => this.#index.reserve(key, "active", parent));
    try {
      makeContent(snapshot);
      if (snapshot.parent !== undefined) {
        await copyTree(this.#tree, contentOf(snapshot.parent), contentOf(snapshot), options);
      }
      options?.signal?.throwIfAborted();
      this.#index.publish(snapshot);
    } catch (thrown) {
      await this.#discard(snapshot);
      throw options?.signal?.aborted ? thrown : fileError(`make snapshot ${shown(key)}`, thrown);
    }
    return mountsOf(snapshot);
  }

  async view(key: string, parent: string, options?: CallOptions): Promise<readonly Mount[]> {
    await this.#ready(options);
    const snapshot = wrapFileErrors(`make snapshot ${shown(key)}`, () => this.#index.reserve(key, "view", parent));
    try {
      this.#index.publish(snapshot);
    } catch (thrown) {
      await this.#discard(snapshot);
      throw fileError(`make snapshot ${shown(key)}`, thrown);
    }
    return mountsOf(snapshot);
  }

  async mounts(key: string, options?: CallOptions): Promise<readonly Mount[]> {
    await this.#ready(options);
    const snapshot = this.#index.get(key);
    if (snapshot.kind === "committed") {
      throw new EngineError("invalid-argument", `snapshot ${shown(key)} is committed: prepare or view it to mount it`);
    }
    return mountsOf(snapshot);
  }

  async commit(name: string, key: string, options?: CallOptions): Promise<void> {
    await this.#ready(options);
    const doing = `commit snapshot ${shown(key)}`;
    const { directory } = wrapFileErrors(doing, () => this.#index.commit(name, key, this.features.maximumDepth));
    await synchronizeDirectory(directory).catch((thrown: unknown) => {
      throw fileError(doing, thrown);
    });
  }

  async remove(key: string, options?: CallOptions): Promise<void> {
    await this.#ready(options);
    const snapshot = wrapFileErrors(`remove snapshot ${shown(key)}`, () => this.#index.remove(key));
    await this.#removeTree(snapshot.directory);
    this.#index.release(snapshot);
  }

  async stat(key: string, options?: CallOptions): Promise<SnapshotInfo> {
    await this.#ready(options);
    return infoOf(this.#index.get(key));
  }

  async usage(key: string, options?: CallOptions): Promise<SnapshotUsage> {
    await this.#ready(options);
    const snapshot = this.#index.get(key);
    if (snapshot.kind === "view") return { bytes: 0, inodes: 0 };
    return diskUsage(contentOf(snapshot), options?.signal);
  }

  async *list(options?: CallOptions): AsyncIterable<SnapshotInfo> {
    await this.#ready(options);
    for (const snapshot of this.#index.list()) {
      options?.signal?.throwIfAborted();
      yield infoOf(snapshot);
    }
  }

  async #ready(options: CallOptions | undefined): Promise<void> {
    options?.signal?.throwIfAborted();
    await this.start();
  }

  /** Undoes a reservation; the key stays taken until the copy is gone, the next start removes what could not be removed. */
  async #discard(snapshot: Snapshot): Promise<void> {
    const gone = await removeTree(snapshot.directory).then(
      () => true,
      () => false,
    );
    this.#index.forget(snapshot);
    if (gone) this.#index.release(snapshot);
  }

  async #removeTree(directory: string): Promise<void> {
    await removeTree(directory).catch((thrown: unknown) => {
      throw fileError(`remove ${directory}`, thrown);
    });
  }
}

function contentOf({ directory }: Snapshot): string {
  return join(directory, "fs");
}

function mountsOf(snapshot: Snapshot): readonly Mount[] {
  const writable = snapshot.kind === "active";
  const source = contentOf(writable ? snapshot : snapshot.parent!);
  return [{ type: "bind", source, options: ["rbind", writable ? "rw" : "ro"] }];
}

/** An empty root; a copy then brings the parent's metadata. */
function makeContent(snapshot: Snapshot): void {
  const content = contentOf(snapshot);
  mkdirSync(content);
  // Without root rights the content belongs to the engine's user, as everything in it does.
  if (process.geteuid?.() === 0) chownSync(content, 0, 0);
  chmodSync(content, 0o755);
}
