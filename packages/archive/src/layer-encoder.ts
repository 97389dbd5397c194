import type { CallOptions, FileTree, TreeChange } from "@gantry/core";

import { archiveEntry } from "./archive-entry.ts";
import type { ArchiveEntry } from "./archive-entry.ts";
import { archiveError } from "./archive-error.ts";
import { isBeneath, parentPath } from "./entry-path.ts";
import { compareBytewise } from "./path-order.ts";
import { TreeArchiver } from "./tree-archive-entry.ts";
import type { LocatedEntry } from "./tree-archive-entry.ts";
import type { Difference } from "./tree-difference.ts";
import { isReservedName, opaquePath, whiteoutPath } from "./whiteout.ts";

/**
 * The entries of the layer that says these differences. The directories on the way to a change are written too, as docker
 * does: then any program can apply the layer to a directory that it sees without the layers below.
 */
export async function* layerEntries(
  fileTree: FileTree,
  differences: AsyncIterable<Difference>,
  options: CallOptions,
): AsyncGenerator<ArchiveEntry> {
  const archiver = new TreeArchiver(fileTree, options);
  /** Directories on the way that were not written yet, outermost first. */
  let pending: LocatedEntry[] = [];
  for await (const difference of differences) {
    const path = difference.kind === "deleted" ? difference.path : difference.entry.path;
    pending = pending.filter(({ entry }) => isBeneath(path, entry.path));
    if (isOnTheWay(difference)) {
      // The root is no part of a layer, unless it is new or was changed itself.
      if (difference.kind !== "same" || path !== "") pending.push(difference);
      continue;
    }
    for (const directory of pending) yield* archiveIfPossible(archiver, directory);
    pending = [];
    if (difference.kind === "deleted") {
      yield archiveEntry({ path: whiteoutPath(path), mode: 0 });
      continue;
    }
    if (isReservedName(path)) throw archiveError("cannot be in a layer: names with .wh. mean deletions there", path);
    yield* archiveIfPossible(archiver, difference);
    if (difference.opaque) yield archiveEntry({ path: opaquePath(path), mode: 0 });
  }
}

function isOnTheWay(difference: Difference): difference is LocatedEntry & { kind: "same" | "added" } {
  return difference.kind === "same" || (difference.kind === "added" && difference.entry.path === "");
}

async function* archiveIfPossible(archiver: TreeArchiver, located: LocatedEntry): AsyncGenerator<ArchiveEntry> {
  const entry = await archiver.archive(located);
  if (entry) yield entry;
}

/** Differences as `docker diff` lists them: the root is left out, and a directory with a new or lost name is modified. */
export async function listChanges(differences: AsyncIterable<Difference>): Promise<TreeChange[]> {
  const kinds = new Map<string, TreeChange["kind"]>();
  for await (const difference of differences) {
    if (difference.kind === "same") continue;
    const path = difference.kind === "deleted" ? difference.path : difference.entry.path;
    kinds.set(path, difference.kind);
    if (difference.kind === "modified") continue;
    const parent = parentPath(path);
    if (!kinds.has(parent)) kinds.set(parent, "modified");
  }
  kinds.delete("");
  const paths = [...kinds.keys()].toSorted(compareBytewise);
  return paths.map((path) => ({ kind: kinds.get(path)!, path: `/${path}` }));
}
