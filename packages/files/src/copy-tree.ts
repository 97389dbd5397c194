import type { CallOptions, FileTree, TreeEntry, TreeWriter } from "@gantry/core";

export interface CopyOptions extends CallOptions {
  /** Copy only this directory, which `to` then is. */
  beneath?: string;
}

/** Copies a tree with all of its metadata, its devices and its hard links into an existing directory. */
export async function copyTree(tree: FileTree, from: string, to: string, options: CopyOptions = {}): Promise<void> {
  const { beneath = "" } = options;
  const call: CallOptions = options.signal === undefined ? {} : { signal: options.signal };
  const writer = await tree.writer(to, call);
  try {
    // Where the first name of each file with several went.
    const linked = new Map<string, string>();
    for await (const entry of tree.walk(from, { ...call, beneath })) {
      const path = beneath === "" ? entry.path : entry.path.slice(beneath.length + 1);
      const first = linked.get(entry.inode);
      if (first !== undefined) await writer.hardLink(path, first);
      else await copyEntry(tree, writer, from, entry, path, call);
      if (entry.links > 1 && entry.type !== "directory") linked.set(entry.inode, first ?? path);
    }
    await writer.close();
  } catch (thrown) {
    await writer.abort();
    throw thrown;
  }
}

async function copyEntry(
  tree: FileTree,
  writer: TreeWriter,
  from: string,
  entry: TreeEntry,
  path: string,
  call: CallOptions,
): Promise<void> {
  const { type } = entry;
  if (type === "directory") await writer.directory(path, entry);
  else if (type === "file") await writer.file(path, entry, entry.size, tree.read(from, entry.path, call));
  else if (type === "symlink") await writer.symlink(path, entry, entry.linkTarget!);
  else if (type === "character-device" || type === "block-device")
    await writer.node(path, entry, { type, ...entry.device! });
  else await writer.node(path, entry, { type });
}
