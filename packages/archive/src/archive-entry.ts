import type { TreeMetadata } from "@gantry/core";

export type ArchiveEntryType =
  | "file"
  | "directory"
  | "symlink"
  | "hard-link"
  | "character-device"
  | "block-device"
  | "fifo";

/** One entry of a tar archive. */
export interface ArchiveEntry extends TreeMetadata {
  /** As in a `FileTree`: relative, without leading `/`; `""` is the root directory. */
  path: string;
  type: ArchiveEntryType;
  /** Bytes of a regular file; 0 for everything else. */
  size: number;
  /** Symlinks: the target as it stands. Hard links: the path of an earlier entry, in the form of `path`. */
  linkTarget?: string;
  /** Devices only. */
  device?: { major: number; minor: number };
  /** The bytes of a regular file. Read it before the next entry is asked for; what is left unread is skipped. */
  content: AsyncIterable<Uint8Array>;
}

/** What {@link archiveEntry} takes: anything but the path has a default. */
export interface ArchiveEntryFields extends Partial<Omit<ArchiveEntry, "content">> {
  path: string;
  /** A stream needs `size`. */
  content?: string | Uint8Array | AsyncIterable<Uint8Array>;
}

/** An entry made from values in memory: by default a regular file 0644 (a directory 0755) of root from 1970. */
export function archiveEntry(fields: ArchiveEntryFields): ArchiveEntry {
  const { content = "", ...rest } = fields;
  const type = fields.type ?? "file";
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const defaults = { uid: 0, gid: 0, mtime: 0n, xattrs: new Map<string, Uint8Array>() };
  const mode = type === "directory" ? 0o755 : type === "symlink" ? 0o777 : 0o644;
  const inMemory = bytes instanceof Uint8Array;
  return {
    mode,
    size: inMemory ? bytes.length : 0,
    ...defaults,
    ...rest,
    type,
    content: inMemory ? once(bytes) : bytes,
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
