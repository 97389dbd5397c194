import type { TreeEntry, TreeEntryType } from "@gantry/core";

import type { PathStat } from "../face/container-verbs.ts";
import { timestamp } from "../timestamps.ts";

/** Go's os.FileMode: the kind of a file and the special bits are in the upper half. */
const goKinds: Readonly<Record<TreeEntryType, number>> = {
  file: 0,
  directory: 2 ** 31,
  symlink: 2 ** 27,
  "block-device": 2 ** 26,
  "character-device": 2 ** 26 + 2 ** 21,
  fifo: 2 ** 25,
  socket: 2 ** 24,
};
const goBits = [
  [0o4000, 2 ** 23],
  [0o2000, 2 ** 22],
  [0o1000, 2 ** 20],
] as const;

/** @param linkTarget where a link leads in the end, absolute in the container; `""` for anything else */
export function pathStat(entry: TreeEntry, name: string, linkTarget: string): PathStat {
  const special = goBits.reduce((sum, [bit, value]) => sum + (entry.mode & bit ? value : 0), 0);
  return {
    name,
    size: entry.type === "symlink" ? Buffer.byteLength(entry.linkTarget ?? "") : entry.size,
    mode: goKinds[entry.type] + special + (entry.mode & 0o777),
    mtime: timestamp(entry.mtime < 0n ? 0n : entry.mtime),
    linkTarget,
  };
}
