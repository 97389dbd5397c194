import type { LogEntry } from "@gantry/core";

import { parseNanoseconds } from "./timestamps.ts";
import type { OutputPiece } from "./frame-decoder.ts";

const newline = 10;
const space = 32;
/** `2006-01-02T15:04:05.000000000+07:00` and a space. */
const longestStamp = 36;

/**
 * Takes the times off logs that were asked for with them. A time stands before each line and, where a server splits a long line
 * over several frames, at the beginning of each of them.
 */
export async function* readStamps(pieces: AsyncIterable<OutputPiece>): AsyncGenerator<LogEntry> {
  const readers = { stdout: new StampReader(), stderr: new StampReader() };
  for await (const { stream, data, first } of pieces) {
    for (const { data: text, time } of readers[stream].read(data, first)) yield { stream, data: text, time };
  }
  for (const stream of ["stdout", "stderr"] as const) {
    for (const { data, time } of readers[stream].rest()) yield { stream, data, time };
  }
}

class StampReader {
  #time = 0n;
  /** The beginning of a line, until it is known whether it is a time. */
  #held: number[] | undefined = [];

  *read(data: Uint8Array, first: boolean): Generator<{ data: Uint8Array; time: bigint }> {
    if (first) this.#held ??= [];
    for (let at = 0; at < data.length;) {
      if (this.#held !== undefined) {
        const byte = data[at]!;
        this.#held.push(byte);
        at += 1;
        const decided = byte === space || byte === newline || this.#held.length >= longestStamp;
        if (!decided) continue;
        const held = Uint8Array.from(this.#held);
        this.#held = byte === newline ? [] : undefined;
        const time = byte === space ? parseNanoseconds(new TextDecoder().decode(held).trimEnd()) : undefined;
        if (time !== undefined) this.#time = time;
        else yield { data: held, time: this.#time };
        continue;
      }
      const end = data.indexOf(newline, at) + 1;
      const line = data.subarray(at, end === 0 ? undefined : end);
      if (end !== 0) this.#held = [];
      at += line.length;
      yield { data: line, time: this.#time };
    }
  }

  /** What was held back when the stream ended. */
  *rest(): Generator<{ data: Uint8Array; time: bigint }> {
    if (this.#held !== undefined && this.#held.length > 0) {
      yield { data: Uint8Array.from(this.#held), time: this.#time };
    }
  }
}
