import { EngineError, encodePath } from "@gantry/core";

/** The version of the helper's protocol, as its hello says it; docs/reference/helper-protocol.md describes it. */
export const protocolVersion = 1;

export const Message = {
  hello: 1,
  ok: 2,
  error: 3,
  stepFailed: 4,
  exited: 5,
  monitor: 16,
  run: 17,
  launch: 32,
  start: 33,
  status: 34,
  signal: 35,
  resize: 36,
  stdin: 37,
  closeStdin: 38,
  watch: 39,
  release: 40,
} as const;

const headerSize = 8;
export const frameLimit = 4 * 1024 * 1024;

/** Builds a frame's body: little-endian numbers, bytes behind their length, strings behind their length and before a NUL. */
export class BodyWriter {
  #buffer = Buffer.allocUnsafe(256);
  #length = 0;

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#buffer.writeUInt8(value, at);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32LE(value >>> 0, at);
    return this;
  }

  u64(value: bigint | number): this {
    const at = this.#reserve(8);
    this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), at);
    return this;
  }

  bytes(value: Uint8Array): this {
    this.u32(value.length);
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
    return this;
  }

  string(value: string): this {
    if (value.includes("\0")) {
      throw new EngineError("invalid-argument", `a NUL character in ${JSON.stringify(value.slice(0, 100))}; remove it`);
    }
    // A launch has some three hundred strings, nearly all of them plain: written in place they take a third of the time.
    if (!value.isWellFormed()) return this.bytes(encodePath(value)).u8(0);
    const size = Buffer.byteLength(value);
    const at = this.u32(size).#reserve(size);
    this.#buffer.write(value, at, "utf8");
    return this.u8(0);
  }

  strings(values: readonly string[]): this {
    this.u32(values.length);
    for (const value of values) this.string(value);
    return this;
  }

  finish(): Buffer {
    if (this.#length > frameLimit) {
      throw new EngineError("invalid-argument", `arguments, environment and steps take more than ${frameLimit} bytes`);
    }
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    return at;
  }
}

export interface Frame {
  type: number;
  id: number;
  body: Buffer;
}

export function encodeFrame(type: number, id: number, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerSize + body.length);
  frame.writeUInt8(type, 0);
  frame.writeUInt8(0, 1);
  frame.writeUInt16LE(id, 2);
  frame.writeUInt32LE(body.length, 4);
  frame.set(body, headerSize);
  return frame;
}

/** Cuts a byte stream into frames. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  /** @returns the frames that are complete now */
  push(chunk: Buffer): Frame[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const frames: Frame[] = [];
    while (this.#pending.length >= headerSize) {
      const length = this.#pending.readUInt32LE(4);
      if (length > frameLimit) throw new EngineError("internal", `the helper sent a frame of ${length} bytes`);
      if (this.#pending.length < headerSize + length) break;
      frames.push({
        type: this.#pending.readUInt8(0),
        id: this.#pending.readUInt16LE(2),
        body: this.#pending.subarray(headerSize, headerSize + length),
      });
      this.#pending = this.#pending.subarray(headerSize + length);
    }
    return frames;
  }
}
