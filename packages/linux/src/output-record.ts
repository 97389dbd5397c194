import { type FileHandle, open, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";

import type { OutputChunk, OutputPosition, OutputQuery } from "@gantry/core";

/**
 * Reads the output record that a monitor keeps: segment files `output.<start>`, each a row of records (16 bytes of header:
 * u64 time, u32 length, u8 stream; then the bytes). A segment's name is the position of its first byte in hexadecimal;
 * positions count bytes of output, not of files. Reading needs no monitor.
 */
const headerSize = 16;
const blockSize = 256 * 1024;
/** The monitor reads 64 KiB at a time; a longer length is no header. */
const longestRecord = blockSize - headerSize;

/** Tells a following reader when to look again. */
export interface OutputGrowth {
  /** True once nothing more will be written. Asked before a read, so that what was written until then is still read. */
  ended(): boolean;
  /** Resolves when the record has grown beyond the position, or has ended. */
  grown(position: OutputPosition, signal: AbortSignal | undefined): Promise<void>;
}

/** @param growth what a reader that follows waits for; without it the reader ends at the present end of the record */
export async function* readOutput(
  directory: string,
  query: OutputQuery = {},
  growth?: OutputGrowth,
): AsyncGenerator<OutputChunk> {
  const reader = new OutputReader(directory, query.from);
  try {
    for (;;) {
      const last = !query.follow || growth === undefined || growth.ended();
      for await (const chunk of reader.available()) {
        query.signal?.throwIfAborted();
        yield chunk;
      }
      query.signal?.throwIfAborted();
      if (last) return;
      await growth.grown(reader.position, query.signal);
    }
  } finally {
    await reader.close();
  }
}

/** The position after the last whole record. */
export async function outputEnd(directory: string): Promise<OutputPosition> {
  const last = (await segmentStarts(directory)).at(-1);
  if (last === undefined) return 0;
  const reader = new OutputReader(directory, last);
  let end = last;
  try {
    for await (const chunk of reader.available()) end = chunk.next;
  } finally {
    await reader.close();
  }
  return end;
}

/** Removes the segments whose bytes all lie before the position; for a record that no monitor writes any more. */
export async function releaseOutput(directory: string, before: OutputPosition): Promise<void> {
  const starts = await segmentStarts(directory);
  for (const [index, start] of starts.entries()) {
    const next = starts[index + 1];
    // The last one stays: it says where the numbering goes on.
    if (next === undefined || next > before) return;
    await unlink(segmentPath(directory, start)).catch(ignoreMissing);
  }
}

class OutputReader {
  readonly #directory: string;
  #position: OutputPosition | undefined;
  #segment: Segment | undefined;
  /** Start of the last segment that was read to its end. */
  #passed = -1;

  constructor(directory: string, from: OutputPosition | undefined) {
    this.#directory = directory;
    this.#position = from;
  }

  get position(): OutputPosition {
    return this.#position ?? 0;
  }

  /** Everything that is there now, from the position on. */
  async *available(): AsyncGenerator<OutputChunk> {
    for (;;) {
      this.#segment ??= await this.#openNext();
      const segment = this.#segment;
      if (segment === undefined) return;
      yield* this.#drain(segment);
      const starts = await segmentStarts(this.#directory);
      if (!starts.some((start) => start > segment.start)) return;
      // The monitor may have written to this one between the read and the look; now it is done with it.
      yield* this.#drain(segment);
      this.#passed = segment.start;
      this.#segment = undefined;
      await segment.close();
    }
  }

  async close(): Promise<void> {
    await this.#segment?.close();
  }

  async *#drain(segment: Segment): AsyncGenerator<OutputChunk> {
    for (let records; (records = await segment.read()).length > 0;) {
      for (const { start, time, stream, data } of records) {
        const next = start + data.length;
        const position = this.#position ?? start;
        if (next <= position) continue;
        this.#position = next;
        const lost = start - position;
        yield {
          stream,
          data: lost < 0 ? data.subarray(-lost) : data,
          time,
          next,
          ...(lost > 0 && { lost }),
        };
      }
    }
  }

  /** The segment that holds the position, else the first one after it. */
  async #openNext(): Promise<Segment | undefined> {
    for (;;) {
      const starts = (await segmentStarts(this.#directory)).filter((start) => start > this.#passed);
      const position = this.#position;
      const start = starts.findLast((value) => position !== undefined && value <= position) ?? starts[0];
      if (start === undefined) return undefined;
      const file = await open(segmentPath(this.#directory, start), "r").catch(ignoreMissing);
      // Dropped between the look and the opening: the next look finds a later one.
      if (file) return new Segment(file, start);
    }
  }
}

interface OutputRecord {
  start: OutputPosition;
  time: bigint;
  stream: OutputChunk["stream"];
  data: Uint8Array;
}

class Segment {
  readonly start: OutputPosition;
  readonly #file: FileHandle;
  #offset = 0;
  #position: OutputPosition;
  #spare: Buffer | undefined;

  constructor(file: FileHandle, start: OutputPosition) {
    this.#file = file;
    this.start = start;
    this.#position = start;
  }

  /** The next whole records; a torn one is not there yet and is looked at again the next time. */
  async read(): Promise<OutputRecord[]> {
    const block = this.#spare ?? Buffer.allocUnsafeSlow(blockSize);
    const { bytesRead } = await this.#file.read(block, 0, blockSize, this.#offset);
    // Few bytes are copied out, so that a chunk somebody keeps does not hold a whole block.
    const keep = bytesRead < blockSize / 4;
    this.#spare = keep ? block : undefined;
    return this.#parse(keep ? Buffer.from(block.subarray(0, bytesRead)) : block.subarray(0, bytesRead));
  }

  #parse(bytes: Buffer): OutputRecord[] {
    const records: OutputRecord[] = [];
    let at = 0;
    while (bytes.length - at > headerSize) {
      const length = bytes.readUInt32LE(at + 8);
      const end = at + headerSize + length;
      if (length === 0 || length > longestRecord || end > bytes.length) break;
      records.push({
        start: this.#position,
        time: bytes.readBigUInt64LE(at),
        stream: bytes.readUInt8(at + 12) === 2 ? "stderr" : "stdout",
        data: bytes.subarray(at + headerSize, end),
      });
      this.#position += length;
      at = end;
    }
    this.#offset += at;
    return records;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function segmentPath(directory: string, start: OutputPosition): string {
  return join(directory, `output.${start.toString(16).padStart(16, "0")}`);
}

async function segmentStarts(directory: string): Promise<OutputPosition[]> {
  const names = (await readdir(directory).catch(ignoreMissing)) ?? [];
  return names
    .filter((name) => /^output\.[0-9a-f]{16}$/.test(name))
    .map((name) => Number.parseInt(name.slice("output.".length), 16))
    .toSorted((a, b) => a - b);
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  return undefined;
}
