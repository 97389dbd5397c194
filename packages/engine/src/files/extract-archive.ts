import { decompress, readTar, writeEntry } from "@gantry/archive";
import type { CallOptions, FileTree } from "@gantry/core";

import { invalidArgument } from "../engine-errors.ts";

export interface Extraction {
  tree: FileTree;
  root: string;
  /** Beneath the root, without links. */
  directory: string;
  noOverwriteDirNonDir: boolean;
  keepOwners: boolean;
  call: CallOptions;
}

/** Unpacks an archive, plain or compressed, into a directory beneath a root, and never out of that root. */
export async function extractArchive(archive: AsyncIterable<Uint8Array>, extraction: Extraction): Promise<void> {
  const { tree, root, directory, keepOwners, call } = extraction;
  const at = (path: string): string => [directory, path].filter((part) => part !== "").join("/");
  const writer = await tree.writer(root, call);
  try {
    for await (const entry of readTar(decompress(archive))) {
      call.signal?.throwIfAborted();
      // The directory itself stays as it is.
      if (entry.path === "") continue;
      const path = at(entry.path);
      if (extraction.noOverwriteDirNonDir) await refuseOtherKind(extraction, path, entry.type === "directory");
      await writeEntry(writer, path, {
        ...entry,
        ...(keepOwners ? {} : { uid: 0, gid: 0 }),
        ...(entry.type === "hard-link" ? { linkTarget: at(entry.linkTarget ?? "") } : {}),
      });
    }
    await writer.close();
  } catch (thrown) {
    await writer.abort();
    throw thrown;
  }
}

async function refuseOtherKind({ tree, root, call }: Extraction, path: string, directory: boolean): Promise<void> {
  const existing = await tree.lookup(root, path, call);
  if (existing === undefined || (existing.type === "directory") === directory) return;
  const [old, fresh] = directory ? ["non-directory", "directory"] : ["directory", "non-directory"];
  throw invalidArgument(`cannot overwrite ${old} "/${path}" with ${fresh} "/${path}"`, { path });
}
