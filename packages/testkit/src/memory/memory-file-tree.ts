import { EngineError, encodePath } from "@gantry/core";
import type { CallOptions, FileTree, TreeEntry, TreeWriter, WalkOptions } from "@gantry/core";

import { entryOf, invalidPath, nextChange, resolve, treeNode } from "./memory-tree-node.ts";
import type { TreeNode } from "./memory-tree-node.ts";
import { MemoryTreeWriter } from "./memory-tree-writer.ts";

/**
 * File trees in memory, for tests that need no root rights. Roots are names, made by `addRoot`. Devices, owners and
 * attributes are plain values here; everything else behaves as `FileTree` says.
 */
export class MemoryFileTree implements FileTree {
  readonly #roots = new Map<string, TreeNode>();

  constructor(...roots: readonly string[]) {
    for (const root of roots) this.addRoot(root);
  }

  /** Makes an empty tree, in place of one of that name. */
  addRoot(root: string): void {
    const metadata = { mode: 0o755, uid: 0, gid: 0, mtime: nextChange(), xattrs: new Map() };
    this.#roots.set(root, treeNode("directory", metadata));
  }

  async *walk(root: string, options: WalkOptions = {}): AsyncIterable<TreeEntry> {
    const beneath = options.beneath ?? "";
    const node = resolve(this.#root(root), beneath, false)?.node;
    if (!node) throw missing(root, beneath);
    for (const entry of walkNode(beneath, node)) {
      options.signal?.throwIfAborted();
      yield entry;
    }
  }

  async lookup(root: string, path: string, options: CallOptions = {}): Promise<TreeEntry | undefined> {
    options.signal?.throwIfAborted();
    const tree = this.#roots.get(root);
    const node = tree && resolve(tree, path, false)?.node;
    return node && entryOf(path, node);
  }

  async *read(root: string, path: string, options: CallOptions = {}): AsyncIterable<Uint8Array> {
    options.signal?.throwIfAborted();
    const node = resolve(this.#root(root), path, true)?.node;
    if (!node) throw missing(root, path);
    if (node.type !== "file") throw invalidPath(path, "it is not a regular file");
    const { content } = node;
    for (let start = 0; start < content.length; start += 1 << 16) yield content.slice(start, start + (1 << 16));
  }

  async writer(root: string, options: CallOptions = {}): Promise<TreeWriter> {
    options.signal?.throwIfAborted();
    return new MemoryTreeWriter(this.#root(root), options.signal);
  }

  #root(root: string): TreeNode {
    const node = this.#roots.get(root);
    if (!node) throw missing(root, "");
    return node;
  }
}

function* walkNode(path: string, node: TreeNode): Generator<TreeEntry> {
  yield entryOf(path, node);
  const names = [...node.children.keys()].toSorted((a, b) => Buffer.compare(encodePath(a), encodePath(b)));
  for (const name of names) {
    const child = node.children.get(name);
    if (child) yield* walkNode(path === "" ? name : `${path}/${name}`, child);
  }
}

function missing(root: string, path: string): EngineError {
  return new EngineError("not-found", `no such file or directory: ${root}/${path}`, { details: { root, path } });
}
