import type { OutputChunk, OutputPosition, OutputQuery } from "@gantry/core";

import { Pulse } from "../pulse.ts";

type Kept = Omit<OutputChunk, "lost">;

/** An output record in memory. A position is the number of bytes written before it. */
export class MemoryOutputRecord {
  #chunks: Kept[] = [];
  #start: OutputPosition = 0;
  #end: OutputPosition = 0;
  #closed = false;
  readonly #limit: number;
  readonly #grown = new Pulse();

  /** @param limit bytes kept before the oldest chunks are dropped */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get end(): OutputPosition {
    return this.#end;
  }

  append(stream: "stdout" | "stderr", data: Uint8Array): void {
    if (data.length === 0) return;
    this.#end += data.length;
    this.#chunks.push({ stream, data: Uint8Array.from(data), time: now(), next: this.#end });
    while (this.#end - this.#start > this.#limit && this.#chunks.length > 1) this.#drop();
    this.#grown.beat();
  }

  close(): void {
    this.#closed = true;
    this.#grown.beat();
  }

  release(before: OutputPosition): void {
    while ((this.#chunks[0]?.next ?? Number.POSITIVE_INFINITY) <= before) this.#drop();
  }

  async *read({ from, follow, signal }: OutputQuery = {}): AsyncIterable<OutputChunk> {
    signal?.throwIfAborted();
    let position = from ?? this.#start;
    for (;;) {
      const closed = this.#closed;
      const chunk = this.#chunks.find(({ next }) => next > position);
      if (chunk !== undefined) {
        yield cut(chunk, position);
        position = chunk.next;
      } else if (closed || follow !== true) return;
      else await this.#grown.wait([signal]);
      signal?.throwIfAborted();
    }
  }

  #drop(): void {
    this.#start = this.#chunks.shift()?.next ?? this.#end;
  }
}

/** The part of a chunk that lies after a position, and how much is lost between the two. */
function cut(chunk: Kept, position: OutputPosition): OutputChunk {
  const start = chunk.next - chunk.data.length;
  if (position > start) return { ...chunk, data: chunk.data.subarray(position - start) };
  return position === start ? chunk : { ...chunk, lost: start - position };
}

/** Nanoseconds since the epoch. */
export function now(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
}
