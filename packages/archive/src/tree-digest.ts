import { createHash } from "node:crypto";

import { encodePath } from "@gantry/core";
import type { CallOptions, FileTree, TreeEntry } from "@gantry/core";

/**
 * `sha256:…` over everything that a layer carries of a tree: paths, types, metadata, link targets, device numbers, which
 * names are hard links of one file, and content. Left out are the root's own time, which no layer can keep, and sockets.
 */
export async function treeDigest(fileTree: FileTree, root: string, options?: CallOptions): Promise<string> {
  const hash = createHash("sha256");
  const firstNames = new Map<string, string>();
  for await (const entry of fileTree.walk(root, options)) {
    if (entry.type === "socket") continue;
    const first = entry.links > 1 && entry.type !== "directory" ? firstNames.get(entry.inode) : undefined;
    hash.update(describe(entry, first));
    if (first !== undefined) continue;
    firstNames.set(entry.inode, entry.path);
    if (entry.type === "file") for await (const chunk of fileTree.read(root, entry.path, options)) hash.update(chunk);
  }
  return `sha256:${hash.digest("hex")}`;
}

/** One line, with names as hexadecimal digits, so that nothing in them can be taken for another field. */
function describe(entry: TreeEntry, first: string | undefined): string {
  const hex = (text: string) => Buffer.from(encodePath(text)).toString("hex");
  const xattrs = [...entry.xattrs]
    .map(([name, value]) => `${hex(name)}=${Buffer.from(value).toString("hex")}`)
    .toSorted();
  const fields = [
    hex(entry.path),
    entry.type,
    entry.mode.toString(8),
    entry.uid,
    entry.gid,
    entry.path === "" ? "" : entry.mtime,
    entry.size,
    hex(entry.linkTarget ?? ""),
    entry.device ? `${entry.device.major}:${entry.device.minor}` : "",
    hex(first ?? ""),
    xattrs.join(","),
  ];
  return `${fields.join(" ")}\n`;
}
