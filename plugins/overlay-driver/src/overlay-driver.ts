import { chmodSync, chownSync, mkdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

import { type CallOptions, EngineError, type Lifecycled, Paths, inject } from "@gantry/core";
import type { Mount, SnapshotInfo, SnapshotUsage, StorageDriver, StorageFeatures } from "@gantry/core";
import {
  type Snapshot,
  SnapshotIndex,
  ancestors,
  diskUsage,
  fileError,
  infoOf,
  removeTree,
  shown,
  synchronizeDirectory,
  wrapFileErrors,
} from "@gantry/files";

import { OverlayOptions } from "./overlay-options.ts";
import { checkRoot, optionsToSwitchOff } from "./overlay-support.ts";

/** What mount(2) takes as data: one page with its final NUL. */
const maximumMountData = 4095;
/** The kernel's own bound on lower directories. */
const maximumStack = 500;

/**
 * StorageDriver over the kernel's overlayfs: `<root>/s/<number>/fs` holds what a snapshot changes, `work` is overlayfs's own.
 * Nothing is mounted here and no program is run. `prepare` costs a handful of system calls whatever the parent holds.
 */
export class OverlayDriver implements StorageDriver, Lifecycled {
  readonly features: StorageFeatures;
  readonly #root: string;
  readonly #index: SnapshotIndex;
  readonly #extraOptions = optionsToSwitchOff();
  #started: Promise<void> | undefined;

  /** @param options without a root, snapshots live in `overlay` beneath the data root */
  constructor(@inject(OverlayOptions) options: OverlayOptions, @inject(Paths) paths?: Paths) {
    const root = options.root ?? (paths && join(paths.dataRoot, "overlay"));
    if (root === undefined)
      throw new EngineError("invalid-argument", "root is missing: give a directory for snapshots");
    if (/[,:\\]/.test(root)) {
      throw new EngineError(
        "invalid-argument",
        `root ${root} has a comma, colon or backslash, which overlayfs cannot take`,
      );
    }
    this.#root = resolve(root);
    this.#index = new SnapshotIndex(this.#root);
    const features = { name: "overlay", sharesUnchanged: true, constantTimePrepare: true };
    this.features = { ...features, maximumDepth: maximumDepth(this.#root, this.#extraOptions) };
  }

  /** Reads the snapshots and removes what an unfinished call left. Any other call does it first when nobody did. */
  start(): Promise<void> {
    return (this.#started ??= this.#load());
  }

  async #load(): Promise<void> {
    wrapFileErrors(`make ${this.#root}`, () => mkdirSync(this.#root, { recursive: true, mode: 0o700 }));
    checkRoot(this.#root);
    for (const leftover of this.#index.load()) await this.#removeTree(leftover);
  }

  async prepare(key: string, parent: string | undefined, options?: CallOptions): Promise<readonly Mount[]> {
    await this.#ready(options);
    return this.#make(key, "active", parent);
  }

  async view(key: string, parent: string, options?: CallOptions): Promise<readonly Mount[]> {
    await this.#ready(options);
    return this.#make(key, "view", parent);
  }

  async mounts(key: string, options?: CallOptions): Promise<readonly Mount[]> {
    await this.#ready(options);
    const snapshot = this.#index.get(key);
    if (snapshot.kind === "committed") {
      throw new EngineError("invalid-argument", `snapshot ${shown(key)} is committed: prepare or view it to mount it`);
    }
    return this.#mountsOf(snapshot);
  }

  async commit(name: string, key: string, options?: CallOptions): Promise<void> {
    await this.#ready(options);
    const doing = `commit snapshot ${shown(key)}`;
    const { directory } = wrapFileErrors(doing, () => this.#index.commit(name, key, this.features.maximumDepth));
    await this.#removeTree(join(directory, "work"));
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

  #make(key: string, kind: "active" | "view", parentKey: string | undefined): readonly Mount[] {
    return wrapFileErrors(`make snapshot ${shown(key)}`, () => {
      const snapshot = this.#index.reserve(key, kind, parentKey);
      try {
        if (kind === "active") makeContent(snapshot);
        this.#index.publish(snapshot);
      } catch (thrown) {
        this.#index.forget(snapshot);
        // Its number is not used again before the next start has removed what is left here.
        void removeTree(snapshot.directory).catch(() => {});
        throw thrown;
      }
      return this.#mountsOf(snapshot);
    });
  }

  #mountsOf(snapshot: Snapshot): readonly Mount[] {
    const lower = ancestors(snapshot).map(contentOf);
    const writable = snapshot.kind === "active";
    if (writable && lower.length === 0) return [bindMount(contentOf(snapshot), "rw")];
    if (!writable && lower.length === 1) return [bindMount(lower[0]!, "ro")];
    const options = [`lowerdir=${lower.join(":")}`, ...this.#extraOptions];
    if (writable) options.push(`upperdir=${contentOf(snapshot)}`, `workdir=${join(snapshot.directory, "work")}`);
    else options.unshift("ro");
    return [{ type: "overlay", source: "overlay", options }];
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

function bindMount(source: string, access: "ro" | "rw"): Mount {
  return { type: "bind", source, options: ["rbind", access] };
}

/** The upper directory gives the mounted root its mode and owner, so it takes them from the parent's. */
function makeContent(snapshot: Snapshot): void {
  const content = contentOf(snapshot);
  const { mode, uid, gid } = snapshot.parent ? statSync(contentOf(snapshot.parent)) : { mode: 0o755, uid: 0, gid: 0 };
  mkdirSync(content);
  chownSync(content, uid, gid);
  chmodSync(content, mode & 0o7777);
  mkdirSync(join(snapshot.directory, "work"), { mode: 0o700 });
}

/** With numbers of three digits, which last for 46,656 snapshots at a time because free ones are used again. */
function maximumDepth(root: string, extraOptions: readonly string[]): number {
  const content = join(root, "s", "zzz", "fs");
  const others = [
    "lowerdir=",
    ...extraOptions,
    `upperdir=${content}`,
    `workdir=${join(root, "s", "zzz", "work")}`,
  ].join(",");
  return Math.min(maximumStack, Math.floor((maximumMountData - others.length) / (content.length + 1)));
}
