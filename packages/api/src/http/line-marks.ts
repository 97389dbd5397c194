import type { LogEntry } from "@gantry/core";

import { preciseTime } from "../shapes/times.ts";

const lineFeed = 10;

/** Puts what a client asked for before each line of a log. A line that comes in pieces is marked once. */
export class LineMarks {
  readonly #timestamps: boolean;
  readonly #details: boolean;
  /** Streams whose last piece ended within a line. */
  readonly #within = new Set<LogEntry["stream"]>();

  /** @param details stand before a line too; no log driver here keeps any, so that they are empty */
  constructor({ timestamps, details }: { timestamps: boolean; details: boolean }) {
    this.#timestamps = timestamps;
    this.#details = details;
  }

  /** @returns the entry's data, one piece a line where lines are marked */
  *mark({ stream, data, time }: LogEntry): Generator<Uint8Array> {
    if (!this.#timestamps && !this.#details) {
      yield data;
      return;
    }
    const mark = Buffer.from((this.#timestamps ? `${preciseTime(time)} ` : "") + (this.#details ? " " : ""));
    for (let start = 0; start < data.length;) {
      const end = data.indexOf(lineFeed, start) + 1 || data.length;
      const line = data.subarray(start, end);
      yield this.#within.has(stream) ? line : Buffer.concat([mark, line]);
      if (line.at(-1) === lineFeed) this.#within.delete(stream);
      else this.#within.add(stream);
      start = end;
    }
  }
}
