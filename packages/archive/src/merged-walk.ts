import type { FileTree, TreeEntry, WalkOptions } from "@gantry/core";

import type { OverlayMarks } from "./overlay-marks.ts";
import { compareInTreeOrder } from "./path-order.ts";
import type { LocatedEntry } from "./tree-archive-entry.ts";
import { TreeCursor } from "./tree-cursor.ts";

/** Walks directories as overlayfs would show them stacked, the first on top. */
export async function* mergedWalk(
  fileTree: FileTree,
  roots: readonly string[],
  marks: OverlayMarks,
  options: WalkOptions,
): AsyncGenerator<LocatedEntry> {
  const cursors = roots.map((root) => new TreeCursor(locate(root, fileTree.walk(root, options))));
  try {
    for (const cursor of cursors) await cursor.next();
    for (let first = topmost(cursors); first; first = topmost(cursors)) {
      const seen = first.current!;
      const same = cursors.filter((cursor) => cursor.current?.entry.path === seen.entry.path);
      await advance(same, marks);
      if (!marks.isWhiteout(seen.entry)) yield { root: seen.root, entry: marks.strip(seen.entry) };
    }
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

async function* locate(root: string, entries: AsyncIterable<TreeEntry>): AsyncGenerator<LocatedEntry> {
  for await (const entry of entries) yield { root, entry };
}

/** The cursor at the first path; of several at the same path the upper one. */
function topmost(cursors: readonly TreeCursor[]): TreeCursor | undefined {
  let best: TreeCursor | undefined;
  for (const cursor of cursors) {
    if (!cursor.current) continue;
    if (!best || compareInTreeOrder(cursor.current.entry.path, best.current!.entry.path) < 0) best = cursor;
  }
  return best;
}

/** Directories are merged until one is opaque or something else is met; what lies below that is hidden. */
async function advance(cursors: readonly TreeCursor[], marks: OverlayMarks): Promise<void> {
  let visible = true;
  for (const cursor of cursors) {
    const { entry } = cursor.current!;
    if (entry.type !== "directory") visible = false;
    if (visible) await cursor.next();
    else await cursor.skipTree();
    if (marks.isOpaque(entry)) visible = false;
  }
}
