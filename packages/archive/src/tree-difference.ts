import type { CallOptions, FileTree } from "@gantry/core";

import { sameEntry, sameMetadata } from "./compare-entries.ts";
import { isBeneath } from "./entry-path.ts";
import type { OverlayStack } from "./overlay-stack.ts";
import { compareInTreeOrder } from "./path-order.ts";
import type { LocatedEntry } from "./tree-archive-entry.ts";
import { TreeCursor } from "./tree-cursor.ts";

/**
 * One step of a comparison, in tree order. `same` is said of directories only: they are the parents of what follows.
 * `opaque`: nothing of the lower directory's content remains, and all that the upper holds follows as `added`.
 */
export type Difference =
  | (LocatedEntry & { kind: "added" | "modified" | "same"; opaque?: boolean })
  | { kind: "deleted"; path: string };

/** Compares two walks. */
export async function* treeDifferences(
  fileTree: FileTree,
  lowerEntries: AsyncIterable<LocatedEntry>,
  upperEntries: AsyncIterable<LocatedEntry>,
  options: CallOptions,
): AsyncGenerator<Difference> {
  const [lower, upper] = [new TreeCursor(lowerEntries), new TreeCursor(upperEntries)];
  try {
    await Promise.all([lower.next(), upper.next()]);
    while (lower.current || upper.current) {
      const order = compareCursors(lower, upper);
      if (order < 0) {
        yield { kind: "deleted", path: lower.current!.entry.path };
        await lower.skipTree();
      } else if (order > 0) {
        yield { ...upper.current!, kind: "added" };
        await upper.next();
      } else {
        const difference = await compareEntries(fileTree, lower.current!, upper.current!, options);
        if (difference) yield difference;
        // What a directory held is gone with it, without a word, when something else takes its place.
        await (upper.current!.entry.type === "directory" ? lower.next() : lower.skipTree());
        await upper.next();
      }
    }
  } finally {
    await Promise.all([lower.close(), upper.close()]);
  }
}

function compareCursors(lower: TreeCursor, upper: TreeCursor): number {
  if (!lower.current) return 1;
  if (!upper.current) return -1;
  return compareInTreeOrder(lower.current.entry.path, upper.current.entry.path);
}

async function compareEntries(
  fileTree: FileTree,
  lower: LocatedEntry,
  upper: LocatedEntry,
  options: CallOptions,
): Promise<Difference | undefined> {
  if (lower.entry.type === "directory" && upper.entry.type === "directory") {
    return { ...upper, kind: sameMetadata(lower.entry, upper.entry) ? "same" : "modified" };
  }
  if (await sameEntry(fileTree, lower, upper, options)) return undefined;
  return { ...upper, kind: "modified" };
}

export interface OverlayComparison {
  fileTree: FileTree;
  /** The upper directory. */
  upper: string;
  lower: OverlayStack;
  /** Whether an opaque directory is compared with what it hides, name by name, instead of being told as `opaque`. */
  expandOpaque: boolean;
  options: CallOptions;
}

/** Compares an overlay's upper directory with what lies below it; takes time proportional to what the upper holds. */
export async function* overlayDifferences(comparison: OverlayComparison): AsyncGenerator<Difference> {
  const { fileTree, upper, lower, expandOpaque, options } = comparison;
  const { marks } = lower;
  /** A directory beneath which the lower tree has nothing, and one that was dealt with already. */
  let bare: string | undefined;
  let done: string | undefined;
  for await (const entry of fileTree.walk(upper, options)) {
    const { path } = entry;
    if (done !== undefined && isBeneath(path, done)) continue;
    if (bare !== undefined && !isBeneath(path, bare)) bare = undefined;
    const below = bare === undefined ? await lower.lookup(path) : undefined;
    if (marks.isWhiteout(entry)) {
      if (below) yield { kind: "deleted", path };
      continue;
    }
    const seen: LocatedEntry = { root: upper, entry: marks.strip(entry) };
    if (!below) {
      yield { ...seen, kind: "added" };
      if (entry.type === "directory") bare ??= path;
      continue;
    }
    const bothDirectories = entry.type === "directory" && below.entry.type === "directory";
    if (!bothDirectories && entry.type === "directory") bare = path;
    if (!bothDirectories || !marks.isOpaque(entry)) {
      const difference = await compareEntries(fileTree, below, seen, options);
      if (difference) yield difference;
    } else if (expandOpaque) {
      done = path;
      yield* treeDifferences(fileTree, lower.walk(path), upperWalk(comparison, path), options);
    } else {
      bare = path;
      yield { ...seen, kind: "modified", opaque: true };
    }
  }
}

/** Part of the upper directory by itself; a whiteout in an opaque directory hides nothing. */
async function* upperWalk({ fileTree, upper, lower, options }: OverlayComparison, beneath: string) {
  for await (const entry of fileTree.walk(upper, { ...options, beneath })) {
    if (!lower.marks.isWhiteout(entry)) yield { root: upper, entry: lower.marks.strip(entry) };
  }
}
