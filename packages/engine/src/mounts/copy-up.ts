import type { CallOptions, FileTree, TreeEntry, TreeWriter } from "@gantry/core";

/**
 * Copies what a root has in `directory` (absolute in the container) into an empty volume, with all metadata; the volume's
 * own directory takes those of the original. An absent directory leaves the volume empty.
 */
export async function copyUp(
  tree: FileTree,
  root: string,
  directory: string,
  target: string,
  call: CallOptions,
): Promise<void> {
  const from = directory.slice(1);
  const top = await tree.lookup(root, from, call);
  if (top?.type !== "directory") return;
  const writer = await tree.writer(target, call);
  try {
    const seen = new Map<string, string>();
    await writer.directory("", top);
    for await (const entry of tree.walk(root, { ...call, beneath: from })) {
      if (entry.path === from) continue;
      const path = entry.path.slice(from.length + 1);
      await copyEntry(tree, root, writer, entry, path, seen, call);
    }
    await writer.close();
  } catch (thrown) {
    await writer.abort();
    throw thrown;
  }
}

async function copyEntry(
  tree: FileTree,
  root: string,
  writer: TreeWriter,
  entry: TreeEntry,
  path: string,
  seen: Map<string, string>,
  call: CallOptions,
): Promise<void> {
  const linked = entry.links > 1 && entry.type !== "directory" ? seen.get(entry.inode) : undefined;
  if (linked !== undefined) return writer.hardLink(path, linked);
  seen.set(entry.inode, path);
  switch (entry.type) {
    case "directory":
      return writer.directory(path, entry);
    case "file":
      return writer.file(path, entry, entry.size, tree.read(root, entry.path, call));
    case "symlink":
      return writer.symlink(path, entry, entry.linkTarget ?? "");
    case "character-device":
    case "block-device":
      return writer.node(path, entry, { type: entry.type, ...(entry.device ?? { major: 0, minor: 0 }) });
    default:
      return writer.node(path, entry, { type: entry.type });
  }
}
