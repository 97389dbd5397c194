import type { CallOptions, FileTree } from "@gantry/core";
import { copyTree } from "@gantry/files";

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
  const beneath = directory.slice(1);
  const top = await tree.lookup(root, beneath, call);
  if (top?.type === "directory") await copyTree(tree, root, target, { ...call, beneath });
}
