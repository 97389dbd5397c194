import { decodePath } from "@gantry/core";
import { Header } from "tar/header";

import { archiveError } from "./archive-error.ts";

export const blockSize = 512;

/** One header block of a tar archive, in any of the formats V7, ustar, GNU and pax. */
export interface TarHeader {
  name: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** Seconds. */
  mtime: number;
  /** The type flag: one character. */
  type: string;
  linkName: string;
  major: number;
  minor: number;
}

/** Whether a block holds nothing but zeros, as the end marker does. */
export function isZeroBlock(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}

/** Names are taken from the block itself: npm's `tar` reads them as UTF-8, and a byte that is not would be lost. */
export function decodeHeader(block: Buffer): TarHeader {
  const name = fullName(block);
  const decoded = decodeBlock(block, name);
  const number = (value: number | undefined, start: number, length: number) => {
    if (value !== undefined && Number.isSafeInteger(value)) return value;
    if (isBlank(block.subarray(start, start + length))) return 0;
    throw archiveError("has a malformed number in its header", name);
  };
  const extended = block.toString("latin1", 257, 262) === "ustar";
  return {
    name,
    mode: number(decoded.mode, 100, 8) & 0o7777,
    uid: number(decoded.uid, 108, 8),
    gid: number(decoded.gid, 116, 8),
    size: number(decoded.size, 124, 12),
    mtime: number(decoded.mtime && decoded.mtime.getTime() / 1000, 136, 12),
    type: String.fromCharCode(block[156]!),
    linkName: text(block, 157, 100),
    major: extended ? number(decoded.devmaj, 329, 8) : 0,
    minor: extended ? number(decoded.devmin, 337, 8) : 0,
  };
}

/** The name with ustar's prefix, where GNU's own format keeps other things. */
function fullName(block: Buffer): string {
  const prefix = block.toString("latin1", 257, 265) === "ustar\x0000" ? text(block, 345, 155) : "";
  return prefix === "" ? text(block, 0, 100) : `${prefix}/${text(block, 0, 100)}`;
}

function decodeBlock(block: Buffer, name: string): Header {
  let header: Header;
  try {
    // With a name of its own, or a file whose name is cut off at a slash would be taken for a directory without size.
    header = new Header(block, 0, { path: "-" });
  } catch {
    throw archiveError("has a number in its header that is too large", name);
  }
  if (!header.cksumValid) throw archiveError("is not a tar archive, or is damaged: a header's checksum is wrong");
  return header;
}

function isBlank(field: Buffer): boolean {
  return field.every((byte) => byte === 0 || byte === 0x20);
}

function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return decodePath(end === -1 ? field : field.subarray(0, end));
}

/** What stands in a header block; names as bytes. */
export interface RawHeader extends Omit<TarHeader, "name" | "linkName"> {
  name: Uint8Array;
  linkName: Uint8Array;
}

/** A number that does not fit into its octal digits is written in base 256; a pax record carries it as well. */
export function encodeHeader(header: RawHeader): Buffer {
  const { mode, uid, gid, size, mtime, major, minor } = header;
  const numbers = { mode, uid, gid, size, mtime: new Date(mtime * 1000), devmaj: major, devmin: minor };
  const encoder = new Header({ ...numbers, path: plainText(header.name), linkpath: plainText(header.linkName) });
  encoder.type = header.type as Header["typeKey"];
  const block = Buffer.alloc(blockSize);
  encoder.encode(block);
  return block;
}

/** As much of a name as fits, with `_` for what is not ASCII: its pax record has the bytes. */
function plainText(name: Uint8Array): string {
  const bytes = name.subarray(0, 99);
  const text = Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "_")).join("");
  // A slash at a cut would make a directory of it.
  return name.length > bytes.length ? text.replace(/\/$/, "_") : text;
}
