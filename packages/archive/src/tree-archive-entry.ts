import type { FileTree, TreeEntry } from "@gantry/core";
import { isEngineError } from "@gantry/core";

import { archiveEntry } from "./archive-entry.ts";
import type { ArchiveEntry } from "./archive-entry.ts";

/** A tree's entry with the root that its content is read from. */
export interface LocatedEntry {
  root: string;
  entry: TreeEntry;
}

/**
 * Turns the entries of one tree into archive entries. Files that share an inode become hard links to the first of them.
 * A file that changes while it is read is cut or padded with zeros to the size it had; one that vanished is left out, as
 * are sockets, which a tar archive cannot hold.
 */
export class TreeArchiver {
  readonly #fileTree: FileTree;
  readonly #signal: { signal?: AbortSignal };
  readonly #firstNames = new Map<string, string>();

  constructor(fileTree: FileTree, options: { signal?: AbortSignal } = {}) {
    this.#fileTree = fileTree;
    this.#signal = options.signal ? { signal: options.signal } : {};
  }

  async archive({ root, entry }: LocatedEntry): Promise<ArchiveEntry | undefined> {
    const { path, type, mode, uid, gid, mtime, xattrs, size } = entry;
    if (type === "socket") return undefined;
    const common = { path, mode, uid, gid, mtime, xattrs };
    const first = type !== "directory" && entry.links > 1 ? this.#firstNames.get(entry.inode) : undefined;
    if (first !== undefined) return archiveEntry({ ...common, type: "hard-link", linkTarget: first });
    const content = type === "file" && size > 0 ? await this.#open(root, path) : [];
    if (!content) return undefined;
    if (type !== "directory" && entry.links > 1) this.#firstNames.set(entry.inode, path);
    return archiveEntry({
      ...common,
      type,
      size,
      content: exactly(content, size),
      ...(entry.linkTarget !== undefined && { linkTarget: entry.linkTarget }),
      ...(entry.device && { device: entry.device }),
    });
  }

  /** The content with its first chunk read, so that a vanished file is known before its header is written. */
  async #open(root: string, path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const chunks = this.#fileTree.read(root, path, this.#signal)[Symbol.asyncIterator]();
    try {
      return resume(await chunks.next(), chunks);
    } catch (thrown) {
      if (isEngineError(thrown, "not-found")) return undefined;
      throw thrown;
    }
  }
}

async function* resume(first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let next = first; !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* exactly(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  let left = size;
  for await (const chunk of content) {
    // Asks once more than it needs to: a reader that comes to its end is used again.
    if (left === 0) return;
    yield chunk.subarray(0, left);
    left -= Math.min(left, chunk.length);
  }
  for (; left > 0; left -= Math.min(left, 1 << 16)) yield Buffer.alloc(Math.min(left, 1 << 16));
}
