import { decodePath } from "@gantry/core";

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

export function decodeHeader(block: Buffer): TarHeader {
  if (!hasChecksum(block)) throw archiveError("is not a tar archive, or is damaged: a header's checksum is wrong");
  const magic = block.toString("latin1", 257, 265);
  const name = text(block, 0, 100);
  // GNU's own format keeps other things where ustar has the prefix.
  const prefix = magic === "ustar\x0000" ? text(block, 345, 155) : "";
  const full = prefix === "" ? name : `${prefix}/${name}`;
  const number = (start: number, length: number) => decodeNumber(block, start, length, full);
  const extended = magic.startsWith("ustar");
  return {
    name: full,
    mode: number(100, 8) & 0o7777,
    uid: number(108, 8),
    gid: number(116, 8),
    size: number(124, 12),
    mtime: number(136, 12),
    type: String.fromCharCode(block[156]!),
    linkName: text(block, 157, 100),
    major: extended ? number(329, 8) : 0,
    minor: extended ? number(337, 8) : 0,
  };
}

function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return decodePath(end === -1 ? field : field.subarray(0, end));
}

/** Octal digits, or two's complement in base 256 when the highest bit is set. */
function decodeNumber(block: Buffer, start: number, length: number, name: string): number {
  const first = block[start]!;
  if (first >= 0x80) {
    // 0x80 begins a positive number and 0xff a negative one; the mark itself is bit 7 of the first byte.
    let value = BigInt.asIntN(7, BigInt(first & 0x7f));
    for (const byte of block.subarray(start + 1, start + length)) value = (value << 8n) | BigInt(byte);
    if (value === BigInt.asIntN(54, value)) return Number(value);
    throw archiveError("has a number in its header that is too large", name);
  }
  const digits = block
    .toString("latin1", start, start + length)
    .replaceAll("\0", " ")
    .trim();
  if (!/^[0-7]*$/.test(digits)) throw archiveError("has a malformed number in its header", name);
  return digits === "" ? 0 : Number.parseInt(digits, 8);
}

/** Old programs summed signed bytes; both are accepted. */
function hasChecksum(block: Buffer): boolean {
  const digits = block.toString("latin1", 148, 156).replaceAll("\0", " ").trim();
  if (!/^[0-7]+$/.test(digits)) return false;
  const { unsigned, signed } = checksums(block);
  const stated = Number.parseInt(digits, 8);
  return stated === unsigned || stated === signed;
}

function checksums(block: Buffer): { unsigned: number; signed: number } {
  let unsigned = 8 * 0x20;
  let high = 0;
  for (let index = 0; index < blockSize; index += 1) {
    if (index >= 148 && index < 156) continue;
    const byte = block[index]!;
    unsigned += byte;
    if (byte >= 0x80) high += 1;
  }
  return { unsigned, signed: unsigned - high * 256 };
}

/** What does not fit into an octal field is written as 0: a pax record carries it then. */
export interface RawHeader extends Omit<TarHeader, "name" | "linkName"> {
  name: Uint8Array;
  linkName: Uint8Array;
}

export function encodeHeader(header: RawHeader): Buffer {
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, start: number, length: number) => {
    const fits = value >= 0 && value < 8 ** (length - 1);
    block.write((fits ? value : 0).toString(8).padStart(length - 1, "0"), start, "latin1");
  };
  block.set(header.name.subarray(0, 100), 0);
  octal(header.mode, 100, 8);
  octal(header.uid, 108, 8);
  octal(header.gid, 116, 8);
  octal(header.size, 124, 12);
  octal(header.mtime, 136, 12);
  block.write(header.type, 156, "latin1");
  block.set(header.linkName.subarray(0, 100), 157);
  block.write("ustar\x0000", 257, "latin1");
  octal(header.major, 329, 8);
  octal(header.minor, 337, 8);
  block.write(checksums(block).unsigned.toString(8).padStart(6, "0") + "\0 ", 148, "latin1");
  return block;
}
