import type { TreeMetadata, TreeWriter } from "@gantry/core";

import type { ArchiveEntry } from "./archive-entry.ts";

/**
 * Where a layer's entries go. A mark hides what was there before the layer, never what the layer itself brings, in
 * whatever order the two come.
 */
export interface LayerTarget {
  put(entry: ArchiveEntry): Promise<void>;
  /** Deletes an entry of the layers below. */
  whiteout(path: string): Promise<void>;
  /** Deletes all that the layers below have in a directory. */
  opaque(directory: string): Promise<void>;
}

/** Writes one entry at a path, without asking what was there. */
export async function writeEntry(writer: TreeWriter, path: string, entry: ArchiveEntry): Promise<void> {
  const metadata = layerMetadata(entry);
  switch (entry.type) {
    case "directory":
      return writer.directory(path, metadata);
    case "file":
      return writer.file(path, metadata, entry.size, entry.content);
    case "symlink":
      return writer.symlink(path, metadata, entry.linkTarget!);
    case "hard-link":
      return writer.hardLink(path, entry.linkTarget!);
    case "fifo":
      return writer.node(path, metadata, { type: "fifo" });
    default:
      return writer.node(path, metadata, { type: entry.type, ...entry.device! });
  }
}

/** Without overlayfs's own attributes, by which a hostile layer could show other layers' files under its names. */
export function layerMetadata({ mode, uid, gid, mtime, xattrs }: TreeMetadata): TreeMetadata {
  const kept = [...xattrs].filter(([name]) => !/^(trusted|user)\.overlay\./.test(name));
  return { mode, uid, gid, mtime, xattrs: new Map(kept) };
}
