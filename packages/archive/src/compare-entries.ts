import type { CallOptions, FileTree, TreeEntry } from "@gantry/core";

import { ByteReader } from "./byte-reader.ts";
import type { LocatedEntry } from "./tree-archive-entry.ts";

/** Whether two entries agree in everything but their content. The root's time is nobody's intent and is not compared. */
export function sameMetadata(a: TreeEntry, b: TreeEntry): boolean {
  return (
    a.type === b.type &&
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid &&
    (a.mtime === b.mtime || a.path === "") &&
    a.size === b.size &&
    a.linkTarget === b.linkTarget &&
    a.device?.major === b.device?.major &&
    a.device?.minor === b.device?.minor &&
    sameXattrs(a.xattrs, b.xattrs)
  );
}

function sameXattrs(a: TreeEntry["xattrs"], b: TreeEntry["xattrs"]): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([name, value]) => {
    const other = b.get(name);
    return other !== undefined && Buffer.compare(value, other) === 0;
  });
}

/**
 * Whether an upper entry that is no directory says the same as the lower one. Content is read only when all metadata
 * agree and neither inode nor change time shows that both are one untouched file. A file with more names than before
 * counts as changed, so that a layer holds all names of a hard link or none.
 */
export async function sameEntry(
  fileTree: FileTree,
  lower: LocatedEntry,
  upper: LocatedEntry,
  options: CallOptions,
): Promise<boolean> {
  if (!sameMetadata(lower.entry, upper.entry)) return false;
  if (lower.entry.inode === upper.entry.inode && lower.entry.ctime === upper.entry.ctime) return true;
  if (upper.entry.links > 1 && upper.entry.links !== lower.entry.links) return false;
  if (upper.entry.type !== "file" || upper.entry.size === 0) return true;
  const read = ({ root, entry }: LocatedEntry) => fileTree.read(root, entry.path, options);
  return sameContent(read(lower), read(upper));
}

async function sameContent(a: AsyncIterable<Uint8Array>, b: AsyncIterable<Uint8Array>): Promise<boolean> {
  const [left, right] = [new ByteReader(a), new ByteReader(b)];
  const piece = 1 << 16;
  try {
    for (;;) {
      const [first, second] = await Promise.all([left.upTo(piece), right.upTo(piece)]);
      if (Buffer.compare(first, second) !== 0) return false;
      if (first.length < piece) return true;
    }
  } finally {
    await Promise.all([left.close(), right.close()]);
  }
}
