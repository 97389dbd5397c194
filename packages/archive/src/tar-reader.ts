import { decodePath } from "@gantry/core";

import { archiveError } from "./archive-error.ts";
import type { ArchiveEntry, ArchiveEntryType } from "./archive-entry.ts";
import { ByteReader } from "./byte-reader.ts";
import { entryPath } from "./entry-path.ts";
import { parsePax, parsePaxTime, paxText, xattrsOf } from "./pax-records.ts";
import type { PaxRecords } from "./pax-records.ts";
import { blockSize, decodeHeader, isZeroBlock } from "./tar-header.ts";
import type { TarHeader } from "./tar-header.ts";

/** The largest pax header or long name that is read, in bytes. Go's tar has the same limit. */
const extensionLimit = 1 << 20;

const types: Readonly<Record<string, ArchiveEntryType>> = {
  "\0": "file",
  "0": "file",
  "7": "file",
  "1": "hard-link",
  "2": "symlink",
  "3": "character-device",
  "4": "block-device",
  "5": "directory",
  "6": "fifo",
};

/** What the headers before an entry's own say of it. */
interface Extensions {
  pax: Map<string, Uint8Array>;
  longName?: string;
  longLink?: string;
}

/**
 * The entries of an uncompressed tar stream, in its order. The stream is read to its end, also beyond the end marker.
 * Reads V7, ustar, GNU and pax archives; names and attribute values keep their bytes. Throws `invalid-argument` naming the
 * entry for anything malformed or hostile: a name with `..` or a NUL, a bad checksum, a number that cannot be, a header
 * over 1 MiB, a stream that ends early, a GNU sparse file.
 */
export async function* readTar(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry> {
  const reader = new ByteReader(stream);
  const globals = new Map<string, Uint8Array>();
  try {
    for (;;) {
      const found = await nextHeader(reader, globals);
      if (!found) break;
      const entry = interpret(found.header, found.extensions);
      const body = { left: entry.size };
      yield { ...entry, content: content(reader, body, entry.path) };
      await reader.skip(body.left + padding(entry.size));
    }
    await reader.drain();
  } finally {
    await reader.close();
  }
}

async function* content(reader: ByteReader, body: { left: number }, path: string): AsyncGenerator<Uint8Array> {
  while (body.left > 0) {
    const part = await reader.some(body.left);
    if (!part) throw archiveError("is cut off: the archive ends in it", path);
    body.left -= part.length;
    yield part;
  }
}

function padding(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize;
}

/** Reads up to the header of the next entry; `undefined` at the end marker or at the end of the stream. */
async function nextHeader(
  reader: ByteReader,
  globals: Map<string, Uint8Array>,
): Promise<{ header: TarHeader; extensions: Extensions } | undefined> {
  const extensions: Extensions = { pax: new Map(globals) };
  for (let extended = false; ; extended = true) {
    const block = await reader.exactly(blockSize);
    if (!block || isZeroBlock(block)) {
      if (extended) throw archiveError("ends after an extended header");
      return undefined;
    }
    const header = decodeHeader(block);
    if (!"xgLKV".includes(header.type)) return { header, extensions };
    const body = await extensionBody(reader, header);
    if (header.type === "g") for (const [key, value] of parsePax(body)) globals.set(key, value);
    if ("xg".includes(header.type)) for (const [key, value] of parsePax(body)) extensions.pax.set(key, value);
    if (header.type === "L") extensions.longName = longName(body);
    if (header.type === "K") extensions.longLink = longName(body);
  }
}

async function extensionBody(reader: ByteReader, header: TarHeader): Promise<Buffer> {
  if (header.size < 0 || header.size > extensionLimit) {
    throw archiveError(`has an extended header of ${header.size} bytes; the limit is ${extensionLimit}`, header.name);
  }
  if (header.size === 0) return Buffer.alloc(0);
  const body = await reader.exactly(header.size);
  if (!body) throw archiveError("is cut off in an extended header", header.name);
  // A copy: the view ends with the chunk that it came in.
  const copy = Buffer.from(body);
  await reader.skip(padding(header.size));
  return copy;
}

function longName(body: Buffer): string {
  const end = body.indexOf(0);
  return decodePath(end === -1 ? body : body.subarray(0, end));
}

function interpret(header: TarHeader, { pax, longName: gnuName, longLink }: Extensions): Omit<ArchiveEntry, "content"> {
  const name = paxText(pax, "path") ?? gnuName ?? header.name;
  // V7 has no flag for directories: their names end with a slash.
  const type = name.endsWith("/") && types[header.type] === "file" ? "directory" : types[header.type];
  if (!type) throw archiveError(`is of the unknown type ${JSON.stringify(header.type)}`, name);
  if ([...pax.keys()].some((key) => key.startsWith("GNU.sparse."))) {
    throw archiveError("is a GNU sparse file, which is not supported: archive it without --sparse", name);
  }
  const path = entryPath(name);
  if (path === "" && type !== "directory") throw archiveError("names the root, but is no directory", name);
  return {
    path,
    type,
    mode: header.mode,
    uid: paxInteger(pax, "uid", name) ?? identity(header.uid, name),
    gid: paxInteger(pax, "gid", name) ?? identity(header.gid, name),
    mtime: modificationTime(header, pax, name),
    xattrs: xattrsOf(pax),
    size: type === "file" ? contentSize(header, pax, name) : 0,
    ...linkOf(type, paxText(pax, "linkpath") ?? longLink ?? header.linkName, name),
    ...(type.endsWith("-device") && { device: deviceOf(header, name) }),
  };
}

/** Owners are 32 bits wide, and the last number means "unchanged" to the kernel. */
function identity(value: number, name: string): number {
  if (value >= 0 && value < 0xffffffff) return value;
  throw archiveError(`has an owner that cannot be: ${value}`, name);
}

function paxInteger(pax: PaxRecords, key: "uid" | "gid", name: string): number | undefined {
  const text = paxText(pax, key);
  return text === undefined ? undefined : identity(/^\d{1,10}$/.test(text) ? Number(text) : -1, name);
}

function modificationTime(header: TarHeader, pax: PaxRecords, name: string): bigint {
  const text = paxText(pax, "mtime");
  const time = text === undefined ? BigInt(header.mtime) * 1_000_000_000n : parsePaxTime(text);
  if (time === undefined || time !== BigInt.asIntN(64, time)) throw archiveError("has a time that cannot be", name);
  return time;
}

function contentSize(header: TarHeader, pax: PaxRecords, name: string): number {
  const text = paxText(pax, "size");
  const size = text === undefined ? header.size : /^\d{1,16}$/.test(text) ? Number(text) : -1;
  if (size >= 0 && Number.isSafeInteger(size)) return size;
  throw archiveError("has a size that cannot be", name);
}

function linkOf(type: ArchiveEntryType, target: string, name: string): { linkTarget?: string } {
  if (type !== "symlink" && type !== "hard-link") return {};
  if (target === "" || target.includes("\0")) throw archiveError("has a link target that cannot be", name);
  if (type === "symlink") return { linkTarget: target };
  try {
    return { linkTarget: entryPath(target) };
  } catch {
    throw archiveError(`links to ${JSON.stringify(target)}, which leads out of the root`, name);
  }
}

function deviceOf({ major, minor }: TarHeader, name: string): { major: number; minor: number } {
  if (major >= 0 && major < 2 ** 12 && minor >= 0 && minor < 2 ** 20) return { major, minor };
  throw archiveError(`has a device number that cannot be: ${major}:${minor}`, name);
}
