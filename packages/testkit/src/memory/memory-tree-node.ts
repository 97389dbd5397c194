import { EngineError } from "@gantry/core";
import type { TreeEntry, TreeEntryType, TreeMetadata } from "@gantry/core";

/** An inode of a tree in memory. */
export interface TreeNode extends TreeMetadata {
  type: TreeEntryType;
  inode: number;
  ctime: bigint;
  links: number;
  children: Map<string, TreeNode>;
  content: Uint8Array;
  linkTarget?: string;
  device?: { major: number; minor: number };
}

let lastInode = 0;
let lastChange = 0n;

/** A change time that never repeats. */
export function nextChange(): bigint {
  const now = BigInt(Date.now()) * 1_000_000n;
  lastChange = now > lastChange ? now : lastChange + 1n;
  return lastChange;
}

export function treeNode(type: TreeEntryType, metadata: TreeMetadata, rest: Partial<TreeNode> = {}): TreeNode {
  const { mode, uid, gid, mtime, xattrs } = metadata;
  const own = {
    inode: (lastInode += 1),
    ctime: nextChange(),
    links: 1,
    children: new Map(),
    content: new Uint8Array(),
  };
  return { type, mode, uid, gid, mtime, xattrs: new Map(xattrs), ...own, ...rest };
}

export function entryOf(path: string, node: TreeNode): TreeEntry {
  const { type, mode, uid, gid, mtime, xattrs, ctime, links, linkTarget, device } = node;
  return {
    path,
    type,
    mode,
    uid,
    gid,
    mtime,
    xattrs,
    ctime,
    links,
    size: type === "file" ? node.content.length : 0,
    inode: `0:${node.inode}`,
    ...(linkTarget !== undefined && { linkTarget }),
    ...(device && { device }),
  };
}

export function invalidPath(path: string, problem: string): EngineError {
  return new EngineError("invalid-argument", `cannot use ${JSON.stringify(path)}: ${problem}`, { details: { path } });
}

/** Where a path leads: the directory, the name in it, and what is there. */
export interface Place {
  parent: TreeNode;
  name: string;
  node: TreeNode | undefined;
}

/**
 * Resolves links as if `root` were `/`. `undefined` when a component on the way is missing or no directory.
 * @param followLast whether a link at the path itself is followed
 * @param make makes a missing directory on the way
 * @param reported the path that an error names
 */
export function resolve(
  root: TreeNode,
  path: string,
  followLast: boolean,
  make?: (parent: TreeNode, name: string) => TreeNode,
  reported = path,
): Place | undefined {
  let trail = [root];
  let place: Place = { parent: root, name: "", node: root };
  const ahead = path === "" ? [] : path.split("/");
  for (let links = 0; ahead.length > 0;) {
    const name = ahead.shift()!;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      trail = trail.slice(0, Math.max(1, trail.length - 1));
      place = { parent: trail.at(-1)!, name: "", node: trail.at(-1)! };
      continue;
    }
    const parent = trail.at(-1)!;
    if (parent.type !== "directory") return undefined;
    const node = parent.children.get(name) ?? (ahead.length > 0 ? make?.(parent, name) : undefined);
    place = { parent, name, node };
    if (node?.type === "symlink" && (followLast || ahead.length > 0)) {
      if ((links += 1) > 40) throw invalidPath(reported, "a loop of symbolic links");
      if (node.linkTarget!.startsWith("/")) trail = [root];
      ahead.unshift(...node.linkTarget!.split("/"));
      continue;
    }
    if (!node && ahead.length > 0) return undefined;
    if (node) trail = [...trail, node];
  }
  return place;
}
