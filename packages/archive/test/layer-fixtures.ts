import type { FileTree, Mount, Mounter } from "@gantry/core";
import { encodePath } from "@gantry/core";

import { archiveEntry, readTar, tarStream } from "../src/index.ts";
import type { ArchiveEntryFields } from "../src/index.ts";

/** What a test writes: fields of an entry, or a bare path: `d/` is a directory, anything else an empty file. */
export type Fields = ArchiveEntryFields | string;

export function entries(...fields: Fields[]) {
  return fields.map((field) => {
    if (typeof field !== "string") return archiveEntry(field);
    return field.endsWith("/")
      ? archiveEntry({ path: field.slice(0, -1), type: "directory" })
      : archiveEntry({ path: field });
  });
}

export function layer(...fields: Fields[]): AsyncIterable<Uint8Array> {
  return tarStream(entries(...fields));
}

export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(stream));
}

/** Splits bytes, so that every boundary is met. */
export async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** Everything of an archive, contents included. */
export async function listing(stream: AsyncIterable<Uint8Array>) {
  const found = [];
  for await (const { content, ...entry } of readTar(stream)) {
    found.push({ ...entry, text: Buffer.concat(await Array.fromAsync(content)).toString("latin1") });
  }
  return found;
}

export async function pathsOf(stream: AsyncIterable<Uint8Array>): Promise<string[]> {
  return (await listing(stream)).map(({ path }) => path);
}

/** A tree as `path` or `path=content` or `path -> target`, the root left out. */
export async function treeOf(fileTree: FileTree, root: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { path, type, linkTarget, size } of fileTree.walk(root)) {
    if (path === "") continue;
    const text = type === "file" && size > 0 ? `=${(await bytesOf(fileTree.read(root, path))).toString()}` : "";
    found.push(type === "directory" ? `${path}/` : type === "symlink" ? `${path} -> ${linkTarget}` : path + text);
  }
  return found;
}

export function bind(source: string): Mount[] {
  return [{ type: "bind", source, options: ["rbind", "rw"] }];
}

export function overlay(lowers: readonly string[], upper?: string, ...more: string[]): Mount[] {
  const writable = upper === undefined ? [] : [`upperdir=${upper}`, `workdir=${upper}.work`];
  return [{ type: "overlay", source: "overlay", options: [`lowerdir=${lowers.join(":")}`, ...writable, ...more] }];
}

/** A mounter for tests in which nothing may be mounted. */
export const noMounter: Mounter = {
  mount: () => Promise.reject(new Error("nothing is to be mounted here")),
  unmount: () => Promise.resolve(),
};

export function utf8Bytes(text: string): Uint8Array {
  return Uint8Array.from(encodePath(text));
}
