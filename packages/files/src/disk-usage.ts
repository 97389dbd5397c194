import { lstatSync, readdirSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";

import type { SnapshotUsage } from "@gantry/core";

import { errnoOf } from "./file-errors.ts";

/** Milliseconds that others may have to wait. */
const slice = 5;

/**
 * What a tree takes on disk, in allocated bytes, as `du` counts them. Hard links of one file count once; what vanishes meanwhile
 * is left out, and so is what lies deeper than a path can name (4096 bytes).
 *
 * The calls are synchronous, a few milliseconds of them at a time: an asynchronous one takes as much of the event loop's time
 * as ten of these.
 */
export async function diskUsage(root: string, signal?: AbortSignal): Promise<SnapshotUsage> {
  const linked = new Set<string>();
  const usage = { bytes: 0, inodes: 0 };
  const pending: Buffer[] = [Buffer.from(root)];
  let began = performance.now();
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (performance.now() - began > slice) {
      await nextTurn();
      began = performance.now();
    }
    signal?.throwIfAborted();
    const stat = unlessGone(() => lstatSync(path));
    if (stat === undefined) continue;
    if (stat.nlink > 1 && !stat.isDirectory()) {
      const inode = `${stat.dev}:${stat.ino}`;
      if (linked.has(inode)) continue;
      linked.add(inode);
    }
    usage.bytes += stat.blocks * 512;
    usage.inodes += 1;
    if (stat.isDirectory()) for (const name of namesIn(path)) pending.push(name);
  }
  return usage;
}

/** Names are bytes, which need not be text. */
function namesIn(directory: Buffer): Buffer[] {
  const names = unlessGone(() => readdirSync(directory, { encoding: "buffer" })) ?? [];
  return names.map((name) => Buffer.concat([directory, Buffer.from("/"), name]));
}

function unlessGone<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (thrown) {
    if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(errnoOf(thrown))) return undefined;
    throw thrown;
  }
}
