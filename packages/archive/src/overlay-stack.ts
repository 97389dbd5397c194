import type { CallOptions, FileTree } from "@gantry/core";

import { parentPath } from "./entry-path.ts";
import { mergedWalk } from "./merged-walk.ts";
import type { OverlayMarks } from "./overlay-marks.ts";
import type { LocatedEntry } from "./tree-archive-entry.ts";

/** Directories as overlayfs stacks them, top first, looked at without a mount. */
export class OverlayStack {
  readonly roots: readonly string[];
  readonly marks: OverlayMarks;
  readonly #fileTree: FileTree;
  readonly #options: CallOptions;
  readonly #directories = new Map<string, Promise<readonly string[]>>();

  constructor(fileTree: FileTree, roots: readonly string[], marks: OverlayMarks, options: CallOptions = {}) {
    this.#fileTree = fileTree;
    this.roots = roots;
    this.marks = marks;
    this.#options = options;
    this.#directories.set("", Promise.resolve(roots));
  }

  /** The entry that is seen at a path. No component but the last may be a link: the path is one of a walk. */
  async lookup(path: string): Promise<LocatedEntry | undefined> {
    for (const root of await this.directories(parentPath(path))) {
      const entry = await this.#fileTree.lookup(root, path, this.#options);
      if (!entry) continue;
      return this.marks.isWhiteout(entry) ? undefined : { root, entry: this.marks.strip(entry) };
    }
    return undefined;
  }

  /** The roots whose directory at a path is part of what is seen there, top first. Empty when it is no directory. */
  directories(path: string): Promise<readonly string[]> {
    const known = this.#directories.get(path);
    if (known) return known;
    const found = this.#findDirectories(path);
    this.#directories.set(path, found);
    return found;
  }

  /** Everything that is seen at and beneath a directory, in tree order. */
  async *walk(beneath = ""): AsyncGenerator<LocatedEntry> {
    yield* mergedWalk(this.#fileTree, await this.directories(beneath), this.marks, { ...this.#options, beneath });
  }

  async #findDirectories(path: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (const root of await this.directories(parentPath(path))) {
      const entry = await this.#fileTree.lookup(root, path, this.#options);
      if (!entry) continue;
      if (entry.type !== "directory") break;
      found.push(root);
      if (this.marks.isOpaque(entry)) break;
    }
    return found;
  }
}
