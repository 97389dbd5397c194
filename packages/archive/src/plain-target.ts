import { isEngineError } from "@gantry/core";
import type { CallOptions, FileTree, TreeWriter } from "@gantry/core";

import type { ArchiveEntry } from "./archive-entry.ts";
import { isBeneath, parentPath } from "./entry-path.ts";
import { writeEntry } from "./layer-target.ts";
import type { LayerTarget } from "./layer-target.ts";

/** A directory that shows the tree itself: marks remove what is there. */
export class PlainTarget implements LayerTarget {
  readonly #fileTree: FileTree;
  readonly #root: string;
  readonly #writer: TreeWriter;
  readonly #options: CallOptions;
  /** What this layer wrote, and the directories that hold it. */
  readonly #written = new Set<string>();
  readonly #parents = new Set<string>();

  constructor(fileTree: FileTree, root: string, writer: TreeWriter, options: CallOptions) {
    this.#fileTree = fileTree;
    this.#root = root;
    this.#writer = writer;
    this.#options = options;
  }

  async put(entry: ArchiveEntry): Promise<void> {
    await writeEntry(this.#writer, entry.path, entry);
    this.#written.add(entry.path);
    for (let path = entry.path; path !== "" && !this.#parents.has(parentPath(path)); path = parentPath(path)) {
      this.#parents.add(parentPath(path));
    }
  }

  async whiteout(path: string): Promise<void> {
    if (!this.#written.has(path) && !this.#parents.has(path)) return this.#writer.remove(path);
    return this.#removeOld(path);
  }

  async opaque(directory: string): Promise<void> {
    if (!this.#parents.has(directory)) return this.#writer.clear(directory);
    return this.#removeOld(directory);
  }

  /**
   * The writer may be behind: what it has not written yet is known from `#written`, and what it has not removed yet is
   * removed once more.
   */
  async #removeOld(directory: string): Promise<void> {
    let removed: string | undefined;
    try {
      for await (const { path } of this.#fileTree.walk(this.#root, { ...this.#options, beneath: directory })) {
        if (path === directory || this.#written.has(path) || this.#parents.has(path)) continue;
        if (removed !== undefined && isBeneath(path, removed)) continue;
        removed = path;
        await this.#writer.remove(path);
      }
    } catch (thrown) {
      if (!isEngineError(thrown, "not-found")) throw thrown;
    }
  }
}
