import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";

import type { HostFiles } from "@gantry/core";

import { fileError } from "./file-error.ts";

/** The caller's files under Node. Packing and unpacking are loaded when they are needed. */
export const nodeFiles: HostFiles = {
  kind: async (path) => {
    try {
      const found = await stat(path);
      if (found.isDirectory()) return "directory";
      return found.isFile() ? "file" : "other";
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      throw await fileError(thrown, path);
    }
  },
  async *read(path) {
    try {
      yield* createReadStream(path) as AsyncIterable<Uint8Array>;
    } catch (thrown) {
      throw await fileError(thrown, path);
    }
  },
  write,
  async *pack(path, options) {
    const { packTree } = await import("./pack-tree.ts");
    yield* packTree(resolve(path), options);
  },
  unpack: async (archive, directory, options) => {
    const { unpackTree } = await import("./unpack-tree.ts");
    await unpackTree(archive, resolve(directory), options);
  },
};

async function write(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const kind = await nodeFiles.kind(path);
  const whole = kind === undefined || kind === "file";
  const written = whole ? join(dirname(path), `.${basename(path)}.${process.pid}`) : path;
  try {
    // What the content fails with is told as it is.
    const failed: { by?: unknown } = {};
    const watched = watch(content, failed);
    try {
      await pipeline(watched, createWriteStream(written));
    } catch (thrown) {
      throw "by" in failed ? failed.by : await fileError(thrown, path);
    }
    if (whole) await rename(written, path);
  } catch (thrown) {
    if (whole) await rm(written, { force: true });
    throw thrown;
  }
}

async function* watch(content: AsyncIterable<Uint8Array>, failed: { by?: unknown }): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (thrown) {
    failed.by = thrown;
    throw thrown;
  }
}
