import type { CallOptions } from "./call-options.ts";
import { token } from "./token.ts";

/**
 * File trees with all of their metadata: what Node's `fs` cannot read or write exactly (nanosecond times, extended
 * attributes, device nodes, files reached without ever following a link out of the root).
 *
 * Paths are relative to the tree's root, separated by `/`, without leading `/`, `.` or `..` components; the root itself
 * is `""`. Names on disk are bytes: bytes that are not UTF-8 stand in these strings as U+DC80 … U+DCFF (`decodePath` and
 * `encodePath` of this package), so that every name survives a round trip. Link targets likewise.
 */
export interface FileTree {
  /**
   * Walks a tree depth first, each directory before its content, siblings in byte order. The walk does not cross into
   * symlinks. An entry that vanishes meanwhile is left out.
   * Errors: `not-found` when the root is missing.
   */
  walk(root: string, options?: WalkOptions): AsyncIterable<TreeEntry>;
  /** The metadata of one entry, or `undefined`; symlinks on the way are resolved beneath the root. */
  lookup(root: string, path: string, options?: CallOptions): Promise<TreeEntry | undefined>;
  /** The bytes of a regular file; symlinks on the way are resolved beneath the root. */
  read(root: string, path: string, options?: CallOptions): AsyncIterable<Uint8Array>;
  /** Opens a writer whose every effect stays beneath the root, whatever the paths and links it meets. */
  writer(root: string, options?: CallOptions): Promise<TreeWriter>;
}
export const FileTree = token<FileTree>("FileTree");

export interface WalkOptions extends CallOptions {
  /** Walk only beneath this directory; the paths stay relative to the root. */
  beneath?: string;
}

export type TreeEntryType = "file" | "directory" | "symlink" | "character-device" | "block-device" | "fifo" | "socket";

export interface TreeMetadata {
  /** Permission bits with setuid, setgid and sticky: 0 … 0o7777. */
  mode: number;
  uid: number;
  gid: number;
  /** Nanoseconds since the epoch; may be negative. */
  mtime: bigint;
  /** Extended attributes by full name; values are raw bytes. */
  xattrs: ReadonlyMap<string, Uint8Array>;
}

export interface TreeEntry extends TreeMetadata {
  path: string;
  type: TreeEntryType;
  /** Bytes of a regular file; 0 for everything else. */
  size: number;
  /** Symlinks only. */
  linkTarget?: string;
  /** Devices only. */
  device?: { major: number; minor: number };
  /** Names the inode within one walk: entries with equal `device:inode` and `links > 1` are hard links of one file. */
  inode: string;
  links: number;
  /** Change time in nanoseconds, to tell a file that was touched from one that was not. */
  ctime: bigint;
}

/**
 * Writes a tree entry by entry. Calls are made one at a time and in order; a call resolves when the writer has taken it
 * (it applies backpressure), and `close` resolves when everything is on its way to the disk.
 *
 * - A missing parent directory is made with mode 0755 and owner 0:0.
 * - An entry that is there already is replaced; a directory over a directory keeps its content and takes the metadata.
 * - Links in a path are resolved as if the root were `/`, so no entry can be made outside it.
 * - The times of a directory are what was asked for, however much is written into it afterwards.
 *
 * Errors surface at the call or at a later one, at the latest at `close`: `invalid-argument` with the entry's path in
 * `details.path` for a path that cannot be (`..`, NUL, a file as parent, a hard link to nothing), `unavailable` when the
 * disk is full, `forbidden` where a device or attribute may not be made. After an error the writer takes nothing more.
 */
export interface TreeWriter {
  directory(path: string, metadata: TreeMetadata): Promise<void>;
  file(path: string, metadata: TreeMetadata, size: number, content: AsyncIterable<Uint8Array>): Promise<void>;
  symlink(path: string, metadata: TreeMetadata, target: string): Promise<void>;
  /** Another name for a file that this tree already has. */
  hardLink(path: string, existing: string): Promise<void>;
  node(path: string, metadata: TreeMetadata, node: SpecialNode): Promise<void>;
  /** Removes an entry with all it holds; a missing one is no error. */
  remove(path: string): Promise<void>;
  /** Removes all that a directory holds and keeps the directory; what is missing or no directory is no error. */
  clear(path: string): Promise<void>;
  close(): Promise<void>;
  /** Ends the writer without waiting for what is under way. Safe after `close`. */
  abort(): Promise<void>;
}

export type SpecialNode =
  | { type: "fifo" | "socket" }
  | { type: "character-device" | "block-device"; major: number; minor: number };
