import { lstat, readdir } from "node:fs/promises";

import type { SnapshotUsage } from "@gantry/core";

import { errnoOf } from "./file-errors.ts";

/**
 * What a tree takes on disk, in allocated bytes, as `du` counts them. Hard links of one file count once; what vanishes meanwhile is left out, and so is what lies deeper
 * than a path can name (4096 bytes).
 */
export async function diskUsage(root: string, signal?: AbortSignal): Promise<SnapshotUsage> {
  const linked = new Set<string>();
  const usage = { bytes: 0, inodes: 0 };
  const pending: Buffer[] = [Buffer.from(root)];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    signal?.throwIfAborted();
    const stat = await unlessGone(lstat(path, { bigint: true }));
    if (stat === undefined) continue;
    if (stat.nlink > 1n && !stat.isDirectory()) {
      const inode = `${stat.dev}:${stat.ino}`;
      if (linked.has(inode)) continue;
      linked.add(inode);
    }
    usage.bytes += Number(stat.blocks) * 512;
    usage.inodes += 1;
    if (stat.isDirectory()) pending.push(...(await namesIn(path)));
  }
  return usage;
}

/** Names are bytes, which need not be text. */
async function namesIn(directory: Buffer): Promise<Buffer[]> {
  const names = (await unlessGone(readdir(directory, { encoding: "buffer" }))) ?? [];
  return names.map((name) => Buffer.concat([directory, Buffer.from("/"), name]));
}

async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(errnoOf(thrown))) return undefined;
    throw thrown;
  }
}
