import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable, pipeline } from "node:stream";
import type { Transform } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { ZstdDecompress } from "node:zlib";

import { EngineError, messageOf } from "@gantry/core";

import { ByteReader } from "./byte-reader.ts";

export type Compression = "gzip" | "zstd" | "bzip2" | "xz" | "none";

const magicNumbers: readonly [Exclude<Compression, "none">, readonly number[]][] = [
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];
const longestMagic = 6;

/** Tells a compression by a stream's first bytes. */
export function detectCompression(start: Uint8Array): Compression {
  const found = magicNumbers.find(([, magic]) => magic.every((byte, index) => start[index] === byte));
  return found?.[0] ?? "none";
}

/**
 * The uncompressed bytes of a stream that is gzip, zstd, bzip2, xz or plain. bzip2 and xz need the program of that name:
 * `unavailable` where it is missing. Throws `invalid-argument` for a damaged stream.
 */
export async function* decompress(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(stream);
  try {
    const start = await reader.upTo(longestMagic);
    const source = rest(start, reader);
    const compression = detectCompression(start);
    if (compression === "none") yield* source;
    else if (compression === "gzip") yield* unpack(compression, source, createGunzip());
    else if (compression === "zstd") yield* unpackZstd(source);
    else yield* unpackByProgram(compression, source);
  } finally {
    await reader.close();
  }
}

async function* rest(start: Uint8Array, reader: ByteReader): AsyncGenerator<Uint8Array> {
  if (start.length > 0) yield start;
  for (let part = await reader.some(1 << 16); part; part = await reader.some(1 << 16)) yield part;
}

type Program = "bzip2" | "xz";

async function* unpack(
  compression: Compression,
  source: AsyncIterable<Uint8Array>,
  codec: Transform,
): AsyncGenerator<Uint8Array> {
  const input = new GuardedSource(source);
  // The pipeline destroys the codec with whatever error ends it.
  pipeline(input.stream, codec, () => {});
  try {
    for await (const chunk of codec) yield chunk as Uint8Array;
  } catch (cause) {
    input.throwFailure();
    throw damaged(compression, messageOf(cause), cause);
  } finally {
    codec.destroy();
  }
}

/** A zstd stream is one frame after another, and Node's codec ends with the first, so each gets a codec of its own. */
async function* unpackZstd(source: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array | undefined;
  do {
    const codec = createZstdDecompress();
    const fed = feedFrame(codec, source, rest);
    fed.catch((thrown: unknown) => codec.destroy(thrown instanceof Error ? thrown : new Error(messageOf(thrown))));
    try {
      for await (const chunk of codec) yield chunk as Uint8Array;
    } catch (cause) {
      if (cause instanceof Error && "errno" in cause) throw damaged("zstd", cause.message, cause);
      throw cause;
    } finally {
      codec.destroy();
    }
    rest = await fed;
  } while (rest);
}

/** Resolves with what was read beyond the end of the frame; `undefined` at the end of the source. */
async function feedFrame(
  codec: ZstdDecompress,
  source: AsyncIterator<Uint8Array>,
  first: Uint8Array | undefined,
): Promise<Uint8Array | undefined> {
  let fed = 0;
  for (let part = first ?? (await nextOf(source)); part && !codec.destroyed; part = await nextOf(source)) {
    fed += part.length;
    await new Promise<void>((resolve) => codec.write(part, () => resolve()));
    if (codec.bytesWritten < fed) return part.subarray(part.length - (fed - codec.bytesWritten));
  }
  codec.end();
  return undefined;
}

async function nextOf(source: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  const result = await source.next();
  return result.done ? undefined : result.value;
}

async function* unpackByProgram(program: Program, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = new GuardedSource(source);
  const child = spawn(program, ["-dc"], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = once(child, "close");
  let complaint = "";
  child.stderr.on("data", (text: Buffer) => (complaint = (complaint + text.toString()).slice(0, 500)));
  // A program that ends early breaks its pipe; its status tells why.
  pipeline(input.stream, child.stdin, () => {});
  try {
    // Its error, if it cannot be started, comes from `ended`.
    ended.catch(() => child.stdout.push(null));
    for await (const chunk of child.stdout) yield chunk as Uint8Array;
    const [status] = (await ended) as [number | null];
    input.throwFailure();
    if (status !== 0) throw damaged(program, complaint.trim().split("\n")[0] ?? `${program} failed`);
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    const message = `the stream is compressed with ${program}, and there is no program ${program}: install it`;
    throw new EngineError("unavailable", message, { cause, details: { program } });
  } finally {
    child.kill("SIGKILL");
  }
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
}

function damaged(compression: Compression, problem: string, cause?: unknown): EngineError {
  return new EngineError("invalid-argument", `the ${compression} stream is damaged: ${problem}`, { cause });
}

/** A source as a Node stream that remembers the source's own error, to tell it from the codec's. */
class GuardedSource {
  readonly stream: Readable;
  #failure: { reason: unknown } | undefined;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.stream = Readable.from(this.#guard(source), { objectMode: false });
  }

  throwFailure(): void {
    if (this.#failure) throw this.#failure.reason;
  }

  async *#guard(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* source;
    } catch (reason) {
      this.#failure = { reason };
      throw reason;
    }
  }
}
