import { constants } from "node:fs";
import { chmod, lchown, link, lstat, lutimes, mkdir, open, rm, symlink } from "node:fs/promises";

import { type ArchiveEntry, readTar } from "@gantry/archive";
import { EngineError, type UnpackOptions, encodePath } from "@gantry/core";

import { fileError } from "./file-error.ts";

/**
 * Unpacks a tar stream into a directory, which is made when it is missing, and never outside of it: no link on the way to an entry is
 * followed. Devices are left out.
 * @param directory absolute
 */
export async function unpackTree(
  archive: AsyncIterable<Uint8Array>,
  directory: string,
  options: UnpackOptions,
): Promise<void> {
  const root = bytes(directory);
  const made = await makeRoot(root, directory);
  /** Of directories: what is written into them would change their times. */
  const later: (() => Promise<void>)[] = [];
  for await (const entry of readTar(archive)) {
    const path = renamed(entry.path, options.rename);
    try {
      if (path !== "") await unpackEntry({ entry, root, path, options, later });
      // A directory that was there is the caller's and stays as it is.
      else if (made) later.push(() => applyMetadata(root, entry, options));
    } catch (thrown) {
      throw await fileError(thrown, `${directory}/${path}`);
    }
  }
  for (const step of later.toReversed()) await step();
}

/** @returns whether it was missing */
async function makeRoot(root: Buffer, directory: string): Promise<boolean> {
  try {
    await mkdir(root, { mode: 0o755 });
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw await fileError(thrown, directory);
  }
}

interface Unpacking {
  entry: ArchiveEntry;
  root: Buffer;
  path: string;
  options: UnpackOptions;
  later: (() => Promise<void>)[];
}

async function unpackEntry({ entry, root, path, options, later }: Unpacking): Promise<void> {
  const target = beneath(root, path);
  await requireDirectories(root, path);
  if (entry.type === "directory") {
    await makeDirectory(target);
    later.push(() => applyMetadata(target, entry, options));
    return;
  }
  if (entry.type === "character-device" || entry.type === "block-device" || entry.type === "fifo") return;
  await refuseDirectory(target);
  await rm(target, { force: true });
  if (entry.type === "hard-link") {
    const existing = renamed(entry.linkTarget ?? "", options.rename);
    await requireDirectories(root, existing);
    await link(beneath(root, existing), target);
    return;
  }
  if (entry.type === "symlink") await symlink(bytes(entry.linkTarget ?? ""), target);
  else await writeFile(target, entry);
  await applyMetadata(target, entry, options);
}

/** What stands between the root and an entry must be directories, no links: those might lead elsewhere. */
async function requireDirectories(root: Buffer, path: string): Promise<void> {
  const parts = path.split("/").slice(0, -1);
  for (const index of parts.keys()) {
    const parent = parts.slice(0, index + 1).join("/");
    const found = await lstat(beneath(root, parent)).catch(() => undefined);
    if (found === undefined) await mkdir(beneath(root, parent), { mode: 0o755 });
    else if (!found.isDirectory()) {
      throw new EngineError("invalid-argument", `${parent} is no directory: the archive cannot be unpacked there`);
    }
  }
}

async function makeDirectory(target: Buffer): Promise<void> {
  const found = await lstat(target).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  if (found !== undefined) await rm(target);
  await mkdir(target, { mode: 0o700 });
}

async function refuseDirectory(target: Buffer): Promise<void> {
  const found = await lstat(target).catch(() => undefined);
  if (found?.isDirectory() === true)
    throw new EngineError("invalid-argument", "cannot overwrite directory with non-directory");
}

async function writeFile(target: Buffer, entry: ArchiveEntry): Promise<void> {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
  const file = await open(target, flags, 0o600);
  try {
    for await (const chunk of entry.content) await file.write(chunk);
  } finally {
    await file.close();
  }
}

async function applyMetadata(target: Buffer, entry: ArchiveEntry, { keepOwners }: UnpackOptions): Promise<void> {
  if (keepOwners) await lchown(target, entry.uid, entry.gid);
  if (entry.type !== "symlink") await chmod(target, entry.mode);
  const time = Number(entry.mtime) / 1e9;
  await lutimes(target, time, time);
}

function renamed(path: string, name: string | undefined): string {
  if (name === undefined || path === "") return path;
  const slash = path.indexOf("/");
  return slash === -1 ? name : name + path.slice(slash);
}

function beneath(root: Buffer, path: string): Buffer {
  return Buffer.concat([root, Buffer.from("/"), bytes(path)]);
}

function bytes(path: string): Buffer {
  return Buffer.from(encodePath(path));
}
