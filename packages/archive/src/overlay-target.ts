import type { CallOptions, FileTree, TreeMetadata, TreeWriter } from "@gantry/core";

import { archiveEntry } from "./archive-entry.ts";
import type { ArchiveEntry } from "./archive-entry.ts";
import { archiveError } from "./archive-error.ts";
import { baseName, joinPath, parentPath } from "./entry-path.ts";
import { layerMetadata, writeEntry } from "./layer-target.ts";
import type { LayerTarget } from "./layer-target.ts";
import type { OverlayStack } from "./overlay-stack.ts";
import type { LocatedEntry } from "./tree-archive-entry.ts";

/**
 * What the upper directory has at a path. `merges`: the lower directory of the same path is seen through it. `own`: the
 * layer brought it or something in it; otherwise it was only copied up, to hold a mark or to be linked to.
 */
type UpperNode =
  | { kind: "directory"; own: boolean; merges: boolean; metadata: TreeMetadata }
  | { kind: "symlink"; own: boolean; target: string }
  | { kind: "other"; own: boolean }
  | { kind: "whiteout"; own: false };

const missingDirectory: TreeMetadata = { mode: 0o755, uid: 0, gid: 0, mtime: 0n, xattrs: new Map() };

/**
 * The empty upper directory of an overlay, filled without a mount so that mounting shows what applying the layer through
 * the mount would have given: directories on the way are copied up with their metadata, links on the way are followed,
 * deletions become devices 0:0 and opaque directories carry overlayfs's attribute.
 */
export class OverlayTarget implements LayerTarget {
  readonly #fileTree: FileTree;
  readonly #lower: OverlayStack;
  readonly #writer: TreeWriter;
  readonly #options: CallOptions;
  readonly #nodes = new Map<string, UpperNode>();
  /** Paths in each directory of `#nodes`, so that a mark costs what lies beneath it and not what the layer holds. */
  readonly #children = new Map<string, Set<string>>();

  constructor(fileTree: FileTree, lower: OverlayStack, writer: TreeWriter, options: CallOptions) {
    this.#fileTree = fileTree;
    this.#lower = lower;
    this.#writer = writer;
    this.#options = options;
    this.#nodes.set("", { kind: "directory", merges: true, own: true, metadata: missingDirectory });
  }

  async put(entry: ArchiveEntry): Promise<void> {
    if (entry.path === "") return this.#writer.directory("", layerMetadata(entry));
    const parent = (await this.#directory(parentPath(entry.path), entry.path, true))!;
    const path = joinPath(parent, baseName(entry.path));
    if (entry.type === "directory") await this.#putDirectory(path, layerMetadata(entry));
    else await this.#putOther(path, entry);
    for (let up = path; up !== ""; up = parentPath(up)) {
      const node = this.#nodes.get(up);
      if (node && node.kind !== "whiteout") node.own = true;
    }
  }

  async #putOther(path: string, entry: ArchiveEntry): Promise<void> {
    const linkTarget = entry.type === "hard-link" ? await this.#linkSource(entry) : entry.linkTarget;
    await writeEntry(this.#writer, path, linkTarget === undefined ? entry : { ...entry, linkTarget });
    this.#forgetBeneath(path);
    const source = entry.type === "hard-link" ? this.#nodes.get(linkTarget!) : undefined;
    if (source?.kind === "symlink") this.#set(path, { ...source });
    else if (entry.type === "symlink") this.#set(path, { kind: "symlink", own: false, target: linkTarget! });
    else this.#set(path, { kind: "other", own: false });
  }

  async whiteout(path: string): Promise<void> {
    const parent = await this.#directory(parentPath(path), path, false);
    if (parent === undefined) return;
    const place = joinPath(parent, baseName(path));
    const node = this.#nodes.get(place);
    if (node?.own) return this.#hideLower(place);
    if (!this.#merges(parent)) return;
    await this.#writer.node(place, { ...missingDirectory, mode: 0 }, { type: "character-device", major: 0, minor: 0 });
    this.#forgetBeneath(place);
    this.#set(place, { kind: "whiteout", own: false });
  }

  async opaque(directory: string): Promise<void> {
    const path = await this.#directory(directory, directory, false);
    if (path !== undefined) await this.#hideLower(path);
  }

  /** A directory in place of something else, or of a deleted directory, must not show what the lower one holds. */
  async #putDirectory(path: string, metadata: TreeMetadata): Promise<void> {
    const node = this.#nodes.get(path);
    const merges = node ? node.kind === "directory" && node.merges : this.#merges(parentPath(path));
    const hides = !merges && this.#merges(parentPath(path));
    await this.#writer.directory(path, hides ? this.#opaqueMetadata(metadata) : metadata);
    this.#set(path, { kind: "directory", own: node?.own ?? false, merges, metadata });
  }

  async #hideLower(path: string): Promise<void> {
    const node = this.#nodes.get(path)!;
    if (node.kind !== "directory" || !node.merges) return;
    if (path === "") return this.#hideLowerRoot();
    await this.#writer.directory(path, this.#opaqueMetadata(node.metadata));
    node.merges = false;
    for (const other of this.#beneath(path)) {
      const beneath = this.#nodes.get(other)!;
      if (beneath.kind === "directory") beneath.merges = false;
      if (beneath.own) continue;
      await this.#writer.remove(other);
      this.#forgetBeneath(other);
      this.#forget(other);
    }
  }

  /** overlayfs knows no opaque root, so each name that the lower root has is deleted. */
  async #hideLowerRoot(): Promise<void> {
    for await (const { entry } of this.#lower.walk()) {
      if (entry.path !== "" && !entry.path.includes("/")) await this.whiteout(entry.path);
    }
  }

  #opaqueMetadata(metadata: TreeMetadata): TreeMetadata {
    return { ...metadata, xattrs: new Map([...metadata.xattrs, this.#lower.marks.opaqueXattr()]) };
  }

  #merges(path: string): boolean {
    const node = this.#nodes.get(path);
    return node?.kind === "directory" && node.merges;
  }

  #set(path: string, node: UpperNode): void {
    this.#nodes.set(path, node);
    const siblings = this.#children.get(parentPath(path));
    if (siblings) siblings.add(path);
    else this.#children.set(parentPath(path), new Set([path]));
  }

  #forget(path: string): void {
    this.#nodes.delete(path);
    this.#children.get(parentPath(path))?.delete(path);
  }

  /** Each directory before what is in it; what is forgotten on the way is passed over. */
  *#beneath(directory: string): Generator<string> {
    for (const path of this.#children.get(directory) ?? []) {
      yield path;
      yield* this.#beneath(path);
    }
  }

  /** What was in a directory is gone when something else takes its place. */
  #forgetBeneath(path: string): void {
    if (this.#nodes.get(path)?.kind !== "directory") return;
    const gone = Array.from(this.#beneath(path));
    for (const other of gone) {
      this.#nodes.delete(other);
      this.#children.delete(other);
    }
    this.#children.delete(path);
  }

  /**
   * The directory that a path means when links are followed as if the root were `/`; from there on it is in the upper
   * directory. `undefined` when it is missing and not to be made.
   */
  async #directory(wanted: string, entryPath: string, make: boolean): Promise<string | undefined> {
    if (this.#nodes.get(wanted)?.kind === "directory") return wanted;
    const ahead = wanted.split("/");
    let current = "";
    for (let links = 0; ahead.length > 0;) {
      const name = ahead.shift()!;
      if (name === "..") current = parentPath(current);
      if (name === "" || name === "." || name === "..") continue;
      const next = joinPath(current, name);
      const node = await this.#enter(current, next);
      if (node?.kind === "symlink") {
        links += 1;
        if (links > 40) throw archiveError("has a loop of symbolic links in its path", entryPath);
        ahead.unshift(...node.target.split("/"));
        if (node.target.startsWith("/")) current = "";
      } else if (node?.kind === "other") {
        if (!make) return undefined;
        throw archiveError(`lies in ${JSON.stringify(next)}, which is not a directory`, entryPath);
      } else if (node?.kind === "directory") {
        current = next;
      } else {
        if (!make) return undefined;
        await this.#putDirectory(next, missingDirectory);
        current = next;
      }
    }
    return current;
  }

  /** What is seen at a path in a directory; a lower directory is copied up. */
  async #enter(parent: string, path: string): Promise<UpperNode | undefined> {
    const node = this.#nodes.get(path);
    if (node) return node;
    const below = this.#merges(parent) ? await this.#lower.lookup(path) : undefined;
    if (!below) return undefined;
    if (below.entry.type === "symlink") return { kind: "symlink", own: false, target: below.entry.linkTarget! };
    if (below.entry.type !== "directory") return { kind: "other", own: false };
    await this.#putDirectory(path, layerMetadata(below.entry));
    return this.#nodes.get(path);
  }

  /** The path of a hard link's file in the upper directory, where it is copied up to if it lies below. */
  async #linkSource(entry: ArchiveEntry): Promise<string> {
    const parent = await this.#directory(parentPath(entry.linkTarget!), entry.path, false);
    const path = parent === undefined ? undefined : joinPath(parent, baseName(entry.linkTarget!));
    const node = path === undefined ? undefined : this.#nodes.get(path);
    if (node?.kind === "other" || node?.kind === "symlink") return path!;
    const below = path !== undefined && !node && this.#merges(parent!) ? await this.#lower.lookup(path) : undefined;
    if (!below || below.entry.type === "directory") {
      throw archiveError(`is a hard link to ${JSON.stringify(entry.linkTarget)}, which is no file`, entry.path);
    }
    await this.#copyUp(below);
    return path!;
  }

  async #copyUp({ root, entry }: LocatedEntry): Promise<void> {
    const { path, type } = entry;
    if (type === "socket" || type === "directory") throw archiveError("cannot be linked to", path);
    const content = this.#fileTree.read(root, path, this.#options);
    await this.#putOther(path, archiveEntry({ ...entry, type, content }));
  }
}
