import type { CallOptions, FileTree } from "@gantry/core";

import type { ArchiveEntry } from "./archive-entry.ts";
import { tarStream } from "./tar-writer.ts";
import { TreeArchiver } from "./tree-archive-entry.ts";

export interface ExportOptions extends CallOptions {
  /** Whether the archive begins with an entry for the root directory itself. Default: true. */
  includeRoot?: boolean;
  /** Export only this entry and what is beneath it. Its names stay relative to the tree's root unless `rename` says otherwise. */
  beneath?: string;
  /** What an entry is called in the archive, by its path in the tree. */
  rename?: (path: string) => string;
}

/** A tar stream of a whole tree with all metadata; the same tree gives the same bytes. Sockets are left out. */
export function exportTree(fileTree: FileTree, root: string, options: ExportOptions = {}): AsyncIterable<Uint8Array> {
  return tarStream(treeEntries(fileTree, root, options));
}

async function* treeEntries(fileTree: FileTree, root: string, options: ExportOptions): AsyncGenerator<ArchiveEntry> {
  const archiver = new TreeArchiver(fileTree, options);
  for await (const entry of fileTree.walk(root, options)) {
    if (entry.path === "" && options.includeRoot === false) continue;
    const archived = await archiver.archive({ root, entry });
    if (archived) yield options.rename ? renamed(archived, options.rename) : archived;
  }
}

function renamed(entry: ArchiveEntry, rename: (path: string) => string): ArchiveEntry {
  const path = rename(entry.path);
  return entry.type === "hard-link" ? { ...entry, path, linkTarget: rename(entry.linkTarget!) } : { ...entry, path };
}
