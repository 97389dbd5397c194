import { randomBytes } from "node:crypto";

import { exportTree } from "@gantry/archive";
import { EngineError } from "@gantry/core";
import type { CallOptions, FileTree, LayerDiffer, Mount, StorageDriver, TreeChange, TreeEntry } from "@gantry/core";

import type { ContainerRecord } from "../containers/container-record.ts";
import { invalidArgument, notFound } from "../engine-errors.ts";
import type { ContainerEvents } from "../events/container-events.ts";
import type { PathStat, WritePathOptions } from "../face/container-verbs.ts";
import { viewPrefix } from "../snapshot-keys.ts";
import { archiveNames, parseContainerPath } from "./container-path.ts";
import type { ContainerRoots } from "./container-roots.ts";
import { extractArchive } from "./extract-archive.ts";
import { pathStat } from "./path-stat.ts";
import { resolveBeneath } from "./resolve-beneath.ts";

export interface ContainerFilesParts {
  storage: StorageDriver;
  differ: LayerDiffer;
  tree: FileTree | undefined;
  roots: ContainerRoots;
  events: ContainerEvents;
}

interface FoundPath {
  root: string;
  /** As `FileTree` takes it. */
  path: string;
  entry: TreeEntry;
  title: string;
  stat: PathStat;
}

/** Looks into containers' roots, and puts files there, whether or not they run. */
export class ContainerFiles {
  readonly #parts: ContainerFilesParts;

  constructor(parts: ContainerFilesParts) {
    this.#parts = parts;
  }

  /** What differs from what the container started from. */
  async *changes(container: ContainerRecord, call: CallOptions = {}): AsyncGenerator<TreeChange> {
    await using both = await this.trees(container, call);
    yield* this.#parts.differ.changes(both.lower, both.upper, call);
  }

  /** What the container started from, and what it is now. */
  async trees(
    { id }: Pick<ContainerRecord, "id">,
    call: CallOptions,
  ): Promise<AsyncDisposable & { lower: readonly Mount[] | undefined; upper: readonly Mount[] }> {
    const { storage } = this.#parts;
    const { parent } = await storage.stat(id, call);
    const upper = await storage.mounts(id, call);
    const key = viewPrefix + randomBytes(16).toString("hex");
    const lower = parent === undefined ? undefined : await storage.view(key, parent, call);
    const dispose = async (): Promise<void> => {
      if (lower !== undefined) await storage.remove(key);
    };
    return { lower, upper, [Symbol.asyncDispose]: dispose };
  }

  /** The whole root, without what is mounted into it. Nothing is mounted for it, so that nothing can be left behind. */
  async *export(container: ContainerRecord, call: CallOptions = {}): AsyncGenerator<Uint8Array> {
    const { storage, differ, events } = this.#parts;
    const mounts = await storage.mounts(container.id, call);
    events.emit(container, "export");
    yield* differ.diff(undefined, mounts, call);
  }

  async statPath(container: ContainerRecord, path: string, call: CallOptions = {}): Promise<PathStat> {
    const tree = this.#tree();
    await using root = await this.#parts.roots.look(tree, container, call);
    const { stat } = await this.#find(tree, root.path, container, path, call);
    this.#parts.events.emit(container, "archive-path", { path });
    return stat;
  }

  async readPath(
    container: ContainerRecord,
    path: string,
    call: CallOptions = {},
  ): Promise<{ stat: PathStat; archive: AsyncIterable<Uint8Array> }> {
    const stat = await this.statPath(container, path, call);
    return { stat, archive: this.#archive(container, path, call) };
  }

  /** Opens the root when it is read, and closes it whoever goes away first. */
  async *#archive(container: ContainerRecord, path: string, call: CallOptions): AsyncGenerator<Uint8Array> {
    const tree = this.#tree();
    await using root = await this.#parts.roots.look(tree, container, call);
    const found = await this.#find(tree, root.path, container, path, call);
    const rename = archiveNames(found.title, found.path);
    yield* exportTree(tree, root.path, { ...call, beneath: found.path, rename });
  }

  async writePath(
    container: ContainerRecord,
    path: string,
    archive: AsyncIterable<Uint8Array>,
    options: WritePathOptions = {},
  ): Promise<void> {
    const tree = this.#tree();
    const { signal, noOverwriteDirNonDir = false, keepOwners = false } = options;
    const call: CallOptions = signal === undefined ? {} : { signal };
    const { absolute } = parseContainerPath(path);
    await this.#parts.roots.write(tree, container, call, async (root) => {
      const directory = await resolveBeneath(tree, root, absolute, { last: true, ...call });
      const entry = await tree.lookup(root, directory, call);
      if (entry === undefined) throw fileNotFound(container, path);
      if (entry.type !== "directory") throw invalidArgument("extraction point is not a directory", { path });
      checkWritable(container, `/${directory}`);
      await extractArchive(archive, { tree, root, directory, noOverwriteDirNonDir, keepOwners, call });
    });
    this.#parts.events.emit(container, "extract-to-dir", { path });
  }

  async #find(
    tree: FileTree,
    root: string,
    container: ContainerRecord,
    text: string,
    call: CallOptions,
  ): Promise<FoundPath> {
    const { absolute, directory, name, title } = parseContainerPath(text);
    const parent = await resolveBeneath(tree, root, directory, { last: true, ...call });
    const path = [parent, name].filter((part) => part !== "").join("/");
    const entry = await tree.lookup(root, path, call);
    if (entry === undefined) throw fileNotFound(container, text);
    if (name === "" && entry.type !== "directory") throw invalidArgument(`${text}: not a directory`, { path: text });
    const target =
      entry.type === "symlink" ? await resolveBeneath(tree, root, absolute, { last: true, ...call }) : undefined;
    const stat = pathStat(entry, title, target === undefined ? "" : `/${target}`);
    return { root, path, entry, title, stat };
  }

  #tree(): FileTree {
    if (this.#parts.tree !== undefined) return this.#parts.tree;
    throw new EngineError("unsupported", "cannot look into a container's root: no plugin provides FileTree", {
      details: { token: "FileTree" },
    });
  }
}

/** @param directory absolute in the container, without links */
function checkWritable({ mounts, hostConfig }: ContainerRecord, directory: string): void {
  const holder = mounts
    .filter(({ type, destination }) => type !== "tmpfs" && `${directory}/`.startsWith(`${destination}/`))
    .toSorted((left, right) => right.destination.length - left.destination.length)[0];
  if (holder?.readonly) throw new EngineError("forbidden", "mounted volume is marked read-only");
  if (holder === undefined && hostConfig.readonlyRoot) {
    throw new EngineError("forbidden", "container rootfs is marked read-only");
  }
}

function fileNotFound({ name }: ContainerRecord, path: string): EngineError {
  return notFound(`Could not find the file ${path} in container ${name}`, { path, container: name });
}
