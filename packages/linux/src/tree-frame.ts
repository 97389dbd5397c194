import { decodePath, encodePath } from "@gantry/core";
import type { TreeEntry, TreeEntryType, TreeMetadata } from "@gantry/core";

/** One message of the helper's tree tools; the format is described in `native/tree.h`. */
export interface TreeFrame {
  kind: string;
  body: Buffer;
}

/** The bytes before a frame's body: its length and its kind. */
export const frameHeadSize = 5;

/** Builds one frame, field by field. */
export class FrameBuilder {
  #buffer = Buffer.allocUnsafe(256);
  #size = frameHeadSize;

  u32(value: number): this {
    this.#reserve(4);
    this.#size = this.#buffer.writeUInt32LE(value, this.#size);
    return this;
  }

  u64(value: bigint): this {
    this.#reserve(8);
    this.#size = this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.#size);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.#reserve(value.byteLength);
    this.#buffer.set(value, this.#size);
    this.#size += value.byteLength;
    return this;
  }

  string(value: string): this {
    const bytes = encodePath(value);
    return this.u32(bytes.byteLength).bytes(bytes).bytes(nul);
  }

  metadata(value: TreeMetadata): this {
    const nanoseconds = ((value.mtime % second) + second) % second;
    this.u32(value.mode).u32(value.uid).u32(value.gid);
    this.u64((value.mtime - nanoseconds) / second).u32(Number(nanoseconds));
    this.u32(value.xattrs.size);
    for (const [name, bytes] of value.xattrs) this.string(name).u32(bytes.byteLength).bytes(bytes);
    return this;
  }

  build(kind: string): Buffer {
    this.#buffer.writeUInt32LE(this.#size - frameHeadSize);
    this.#buffer.write(kind, 4, "latin1");
    return this.#buffer.subarray(0, this.#size);
  }

  #reserve(size: number): void {
    if (this.#size + size <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#size + size));
    this.#buffer.copy(larger, 0, 0, this.#size);
    this.#buffer = larger;
  }
}

const nul = Uint8Array.of(0);
const second = 1_000_000_000n;

const types: Readonly<Record<number, TreeEntryType>> = {
  0o100000: "file",
  0o040000: "directory",
  0o120000: "symlink",
  0o020000: "character-device",
  0o060000: "block-device",
  0o010000: "fifo",
  0o140000: "socket",
};

/** Reads the body of a `T` frame. */
export function decodeEntry(body: Buffer): TreeEntry {
  const mode = body.readUInt32LE(0);
  const type = types[mode & 0o170000]!;
  const [path, afterPath] = readString(body, 72);
  const [target, afterTarget] = readString(body, afterPath);
  return {
    path: decodePath(path),
    type,
    mode: mode & 0o7777,
    uid: body.readUInt32LE(4),
    gid: body.readUInt32LE(8),
    links: body.readUInt32LE(12),
    size: type === "file" ? Number(body.readBigUInt64LE(16)) : 0,
    mtime: body.readBigInt64LE(24) * second + BigInt(body.readUInt32LE(40)),
    ctime: body.readBigInt64LE(32) * second + BigInt(body.readUInt32LE(44)),
    inode: `${body.readBigUInt64LE(48)}:${body.readBigUInt64LE(56)}`,
    xattrs: readXattrs(body, afterTarget),
    ...(type === "symlink" && { linkTarget: decodePath(target) }),
    ...((type === "character-device" || type === "block-device") && { device: readDevice(body) }),
  };
}

function readDevice(body: Buffer): { major: number; minor: number } {
  return { major: body.readUInt32LE(64), minor: body.readUInt32LE(68) };
}

function readString(body: Buffer, at: number): [text: Buffer, next: number] {
  const start = at + 4;
  const end = start + body.readUInt32LE(at);
  return [body.subarray(start, end), end + 1];
}

function readXattrs(body: Buffer, start: number): Map<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>();
  for (let at = start; at < body.length;) {
    const [name, afterName] = readString(body, at);
    const valueStart = afterName + 4;
    at = valueStart + body.readUInt32LE(afterName);
    xattrs.set(decodePath(name), Uint8Array.from(body.subarray(valueStart, at)));
  }
  return xattrs;
}
