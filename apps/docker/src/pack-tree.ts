import { constants } from "node:fs";
import { lstat, open, readdir, readlink, realpath } from "node:fs/promises";

import { type ArchiveEntry, archiveEntry, tarStream } from "@gantry/archive";
import { type PackOptions, decodePath, encodePath } from "@gantry/core";

import { fileError } from "./file-error.ts";

type Stats = Awaited<ReturnType<typeof lstat>> & { mtimeNs: bigint };

/**
 * A tar stream of a file, or of a directory with what is in it. Names are bytes, and stand in strings as core's `decodePath` says.
 * @param path absolute
 */
export async function* packTree(path: string, { name, followLink }: PackOptions): AsyncGenerator<Uint8Array> {
  const found = followLink ? await told(realpath(bytes(path), { encoding: "buffer" }), path) : undefined;
  yield* tarStream(entries(found === undefined ? path : decodePath(found), name));
}

async function* entries(path: string, name: string): AsyncGenerator<ArchiveEntry> {
  const stats = (await told(lstat(bytes(path), { bigint: true }), path)) as unknown as Stats;
  const entry = await entryOf(path, name, stats);
  if (entry !== undefined) yield entry;
  if (!stats.isDirectory()) return;
  const children = await told(readdir(bytes(path), { encoding: "buffer" }), path);
  for (const child of children.toSorted((a, b) => a.compare(b))) {
    const text = decodePath(child);
    yield* entries(`${path}/${text}`, name === "" ? text : `${name}/${text}`);
  }
}

/** Tells in one line what a call for a file fails with. */
async function told<T>(call: Promise<T>, path: string): Promise<T> {
  try {
    return await call;
  } catch (thrown) {
    throw await fileError(thrown, path);
  }
}

/** `undefined` for a socket, which an archive has no form for. */
async function entryOf(path: string, name: string, stats: Stats): Promise<ArchiveEntry | undefined> {
  const metadata = {
    path: name,
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtime: stats.mtimeNs,
  };
  if (stats.isDirectory()) return archiveEntry({ ...metadata, type: "directory" });
  if (stats.isFile())
    return archiveEntry({ ...metadata, size: Number(stats.size), content: content(path, Number(stats.size)) });
  if (stats.isFIFO()) return archiveEntry({ ...metadata, type: "fifo" });
  if (!stats.isSymbolicLink()) return undefined;
  const target = await readlink(bytes(path), { encoding: "buffer" });
  return archiveEntry({ ...metadata, type: "symlink", linkTarget: decodePath(target) });
}

/** As many bytes as were announced, also of a file that grows meanwhile. */
async function* content(path: string, size: number): AsyncGenerator<Uint8Array> {
  // No link is followed that has come into the file's place since.
  const file = await open(bytes(path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (let left = size; left > 0;) {
      const { bytesRead, buffer } = await file.read({ buffer: Buffer.allocUnsafe(Math.min(left, 65_536)) });
      if (bytesRead === 0) return;
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function bytes(path: string): Buffer {
  return Buffer.from(encodePath(path));
}
