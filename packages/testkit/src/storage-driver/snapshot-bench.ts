import { execFile } from "node:child_process";
import { mkdtemp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { type Mount, type StorageDriver, plainDirectory } from "@gantry/core";

import type { Bench } from "../bench.ts";
import type { Check } from "../contract.ts";

const run = promisify(execFile);

export type StorageBench = Bench<StorageDriver>;
export type StorageCheck = Check<StorageDriver>;

/** Looks into a snapshot, or writes there: at the directory itself where it is a plain bind, else through mount(8). */
export async function within<T>(
  bench: StorageBench,
  mounts: readonly Mount[],
  work: (root: string) => Promise<T>,
): Promise<T> {
  return plainDirectory(mounts) === undefined ? mounted(bench, mounts, work) : work(plainDirectory(mounts)!);
}

/** The same, always mounted; needs root. */
export async function mounted<T>(
  bench: StorageBench,
  mounts: readonly Mount[],
  work: (root: string) => Promise<T>,
): Promise<T> {
  const target = await mkdtemp(join(bench.directory, "mnt-"));
  let done = 0;
  try {
    for (const { type, source, options } of mounts) {
      const flags = [
        ...options,
        ...(type === "bind" && !options.some((option) => /^r?bind$/.test(option)) ? ["bind"] : []),
      ];
      await run("mount", [...(type === "bind" ? [] : ["-t", type]), "-o", flags.join(",") || "rw", source, target]);
      done += 1;
    }
    return await work(target);
  } finally {
    for (; done > 0; done -= 1) await run("umount", [target]);
  }
}

/** Writes into an active snapshot. */
export async function write(bench: StorageBench, key: string, fill: (root: string) => Promise<unknown>): Promise<void> {
  await within(bench, await bench.subject.mounts(key), fill);
}

/** Makes a committed snapshot. */
export async function commitLayer(
  bench: StorageBench,
  name: string,
  parent?: string,
  fill: (root: string) => Promise<unknown> = async () => {},
): Promise<void> {
  const active = `${name} (being made)`;
  await within(bench, await bench.subject.prepare(active, parent), fill);
  await bench.subject.commit(name, active);
}

/** Looks at a committed snapshot through a view, which is gone afterwards. */
export async function inspect<T>(bench: StorageBench, name: string, look: (root: string) => Promise<T>): Promise<T> {
  const key = `${name} (looked at)`;
  const mounts = await bench.subject.view(key, name);
  try {
    return await within(bench, mounts, look);
  } finally {
    await bench.subject.remove(key);
  }
}

/** How many files and directories the driver keeps. */
export async function entriesOnDisk(bench: StorageBench): Promise<number> {
  return (await readdir(bench.pluginDirectory, { recursive: true })).length;
}
