import { EngineError } from "@gantry/core";
import type { SpecialNode, TreeMetadata, TreeWriter } from "@gantry/core";

import { invalidPath, nextChange, resolve, treeNode } from "./memory-tree-node.ts";
import type { Place, TreeNode } from "./memory-tree-node.ts";

/** Writes into a tree in memory, with the checks and the refusals of a real one. */
export class MemoryTreeWriter implements TreeWriter {
  readonly #root: TreeNode;
  readonly #signal: AbortSignal | undefined;
  readonly #directoryTimes = new Map<TreeNode, bigint>();
  #failure: unknown;
  #ended = false;

  constructor(root: TreeNode, signal: AbortSignal | undefined) {
    this.#root = root;
    this.#signal = signal;
  }

  directory(path: string, metadata: TreeMetadata): Promise<void> {
    return this.#perform(path, () => {
      const place = this.#place(path);
      const existing = place.node?.type === "directory" ? place.node : undefined;
      const node = existing ?? treeNode("directory", metadata);
      const { mode, uid, gid, mtime } = metadata;
      Object.assign(node, { mode, uid, gid, mtime, xattrs: new Map(metadata.xattrs), ctime: nextChange() });
      if (!existing) this.#put(path, place, node);
      this.#directoryTimes.set(node, mtime);
    });
  }

  async file(path: string, metadata: TreeMetadata, size: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(Uint8Array.from(chunk));
    return this.#perform(path, () => {
      const bytes = Uint8Array.from(Buffer.concat(chunks));
      if (bytes.length !== size) throw invalidPath(path, `its content has ${bytes.length} bytes, not ${size}`);
      this.#put(path, this.#place(path), treeNode("file", metadata, { content: bytes }));
    });
  }

  symlink(path: string, metadata: TreeMetadata, target: string): Promise<void> {
    return this.#perform(path, () => {
      if (target === "" || target.includes("\0")) throw invalidPath(path, "not a valid link target");
      this.#put(path, this.#place(path), treeNode("symlink", { ...metadata, mode: 0o777 }, { linkTarget: target }));
    });
  }

  hardLink(path: string, existing: string): Promise<void> {
    return this.#perform(path, () => {
      if (!isValid(existing)) throw invalidPath(path, "not a valid link source");
      const source = resolve(this.#root, existing, false, undefined, path)?.node;
      if (!source || source.type === "directory") throw invalidPath(path, `no file to link to at ${existing}`);
      const place = this.#place(path);
      if (place.node === source) return;
      this.#unlink(place.parent, place.name);
      if (source.links === 0) throw invalidPath(path, "its source lay in what it replaces");
      this.#put(path, place, source);
      source.links += 1;
      source.ctime = nextChange();
    });
  }

  node(path: string, metadata: TreeMetadata, node: SpecialNode): Promise<void> {
    return this.#perform(path, () => {
      const device = "major" in node ? { device: { major: node.major, minor: node.minor } } : {};
      this.#put(path, this.#place(path), treeNode(node.type, metadata, device));
    });
  }

  remove(path: string): Promise<void> {
    return this.#perform(path, () => {
      if (path === "") throw invalidPath(path, "the root cannot be removed");
      const place = resolve(this.#root, path, false);
      if (place?.node) this.#unlink(place.parent, place.name);
    });
  }

  clear(path: string): Promise<void> {
    return this.#perform(path, () => {
      const node = resolve(this.#root, path, true)?.node;
      for (const name of node?.children.keys() ?? []) this.#unlink(node!, name);
    });
  }

  close(): Promise<void> {
    return this.#guard(() => {
      if (!this.#ended) for (const [node, mtime] of this.#directoryTimes) node.mtime = mtime;
      this.#ended = true;
    });
  }

  abort(): Promise<void> {
    this.#failure ??= this.#ended ? undefined : new EngineError("invalid-argument", "the tree writer was aborted");
    return Promise.resolve();
  }

  #perform(path: string, operation: () => void): Promise<void> {
    return this.#guard(() => {
      if (this.#ended) throw new EngineError("invalid-argument", "the tree writer is closed");
      if (!isValid(path)) throw invalidPath(path, "not a valid path");
      operation();
    });
  }

  #guard(operation: () => void): Promise<void> {
    try {
      if (this.#failure !== undefined) throw this.#failure;
      this.#signal?.throwIfAborted();
      operation();
      return Promise.resolve();
    } catch (thrown) {
      this.#failure = thrown;
      return Promise.reject(thrown);
    }
  }

  #place(path: string): Place {
    const make = (parent: TreeNode, name: string) => {
      const node = treeNode("directory", { mode: 0o755, uid: 0, gid: 0, mtime: nextChange(), xattrs: new Map() });
      parent.children.set(name, node);
      touch(parent);
      return node;
    };
    const place = resolve(this.#root, path, false, make);
    if (!place) throw invalidPath(path, "a parent is not a directory");
    return place;
  }

  #put(path: string, { parent, name }: Place, node: TreeNode): void {
    if (path === "") throw invalidPath(path, "the root is a directory");
    if (Buffer.byteLength(name) > 255) throw invalidPath(path, "the name is too long");
    this.#unlink(parent, name);
    parent.children.set(name, node);
    touch(parent);
  }

  #unlink(parent: TreeNode, name: string): void {
    const node = parent.children.get(name);
    if (!node) return;
    for (const child of node.children.keys()) this.#unlink(node, child);
    parent.children.delete(name);
    node.links -= 1;
    node.ctime = nextChange();
    touch(parent);
  }
}

function touch(directory: TreeNode): void {
  directory.ctime = nextChange();
  directory.mtime = directory.ctime;
}

function isValid(path: string): boolean {
  if (path === "") return true;
  return !path.includes("\0") && path.split("/").every((name) => name !== "" && name !== "." && name !== "..");
}
