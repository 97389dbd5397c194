import type { FileTree, TreeEntry, TreeWriter } from "@gantry/core";

/** Copies a tree with all of its metadata, its devices and its hard links into an existing directory. */
export async function copyTree(tree: FileTree, from: string, to: string, signal?: AbortSignal): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  const writer = await tree.writer(to, options);
  try {
    // Where the first name of each file with several went.
    const linked = new Map<string, string>();
    for await (const entry of tree.walk(from, options)) {
      const first = linked.get(entry.inode);
      if (first !== undefined) await writer.hardLink(entry.path, first);
      else await copyEntry(tree, writer, from, entry, options);
      if (entry.links > 1 && entry.type !== "directory") linked.set(entry.inode, first ?? entry.path);
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
  options: { signal?: AbortSignal },
): Promise<void> {
  const { path, type } = entry;
  if (type === "directory") await writer.directory(path, entry);
  else if (type === "file") await writer.file(path, entry, entry.size, tree.read(from, path, options));
  else if (type === "symlink") await writer.symlink(path, entry, entry.linkTarget!);
  else if (type === "character-device" || type === "block-device")
    await writer.node(path, entry, { type, ...entry.device! });
  else await writer.node(path, entry, { type });
}
