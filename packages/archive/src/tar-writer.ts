import { encodePath } from "@gantry/core";

import type { ArchiveEntry, ArchiveEntryType } from "./archive-entry.ts";
import { archiveError } from "./archive-error.ts";
import { baseName, joinPath, parentPath } from "./entry-path.ts";
import { formatPax, formatPaxTime, xattrKey } from "./pax-records.ts";
import { blockSize, encodeHeader } from "./tar-header.ts";
import type { RawHeader } from "./tar-header.ts";

const typeFlags: Readonly<Record<ArchiveEntryType, string>> = {
  file: "0",
  "hard-link": "1",
  symlink: "2",
  "character-device": "3",
  "block-device": "4",
  directory: "5",
  fifo: "6",
};

/**
 * A pax archive of the entries, in their order, with its end marker. Equal entries give equal bytes. A pax header is
 * written only for what ustar cannot hold: long names, large numbers, fractions of a second, extended attributes.
 * Throws `invalid-argument` when a content is not as long as its entry says.
 */
export async function* tarStream(
  entries: AsyncIterable<ArchiveEntry> | Iterable<ArchiveEntry>,
): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) {
    yield headerBytes(entry);
    if (entry.type !== "file") continue;
    let written = 0;
    for await (const chunk of entry.content) {
      written += chunk.length;
      if (written > entry.size) break;
      if (chunk.length > 0) yield chunk;
    }
    if (written !== entry.size) throw archiveError(`has not the ${entry.size} bytes that were announced`, entry.path);
    if (entry.size % blockSize !== 0) yield Buffer.alloc(blockSize - (entry.size % blockSize));
  }
  yield Buffer.alloc(2 * blockSize);
}

function headerBytes(entry: ArchiveEntry): Buffer {
  const name = encodePath(archiveName(entry));
  const linkName = encodePath(entry.linkTarget ?? "");
  const records = extendedRecords(entry, name, linkName);
  const header: RawHeader = {
    name,
    linkName,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    size: entry.type === "file" ? entry.size : 0,
    mtime: Number(entry.mtime / 1_000_000_000n),
    type: typeFlags[entry.type],
    major: entry.device?.major ?? 0,
    minor: entry.device?.minor ?? 0,
  };
  if (records.size === 0) return encodeHeader(header);
  const body = formatPax(records);
  const extension = { ...header, name: extensionName(entry), linkName: new Uint8Array(), mode: 0, uid: 0, gid: 0 };
  const padding = Buffer.alloc((blockSize - (body.length % blockSize)) % blockSize);
  return Buffer.concat([
    encodeHeader({ ...extension, size: body.length, mtime: 0, type: "x", major: 0, minor: 0 }),
    body,
    padding,
    encodeHeader(header),
  ]);
}

/** As other programs write it: a directory ends with a slash, the root is `./`. */
function archiveName({ path, type }: ArchiveEntry): string {
  if (type !== "directory" || path.endsWith("/")) return path;
  return path === "" ? "./" : `${path}/`;
}

/** What a program that knows no pax would extract the extended header to. */
function extensionName({ path }: ArchiveEntry): Uint8Array {
  return encodePath(joinPath(joinPath(parentPath(path), "PaxHeaders.0"), baseName(path)));
}

function extendedRecords(entry: ArchiveEntry, name: Uint8Array, linkName: Uint8Array): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  const text = (key: string, value: string) => records.set(key, Buffer.from(value));
  if (!fitsHeader(name)) records.set("path", name);
  if (!fitsHeader(linkName)) records.set("linkpath", linkName);
  if (entry.uid >= 8 ** 7) text("uid", String(entry.uid));
  if (entry.gid >= 8 ** 7) text("gid", String(entry.gid));
  if (entry.type === "file" && entry.size >= 8 ** 11) text("size", String(entry.size));
  const wholeSeconds = entry.mtime % 1_000_000_000n === 0n && entry.mtime >= 0n && entry.mtime < wideTime;
  if (!wholeSeconds) text("mtime", formatPaxTime(entry.mtime));
  for (const [key, value] of entry.xattrs) records.set(xattrKey(key), value);
  return records;
}

/** Printable ASCII of less than the field's 100 bytes: what every reader takes alike. */
function fitsHeader(name: Uint8Array): boolean {
  return name.length < 100 && name.every((byte) => byte >= 0x20 && byte < 0x7f);
}

/** The first time that twelve octal digits cannot hold, in nanoseconds. */
const wideTime = 8n ** 11n * 1_000_000_000n;
