import type { LogEntry } from "@gantry/core";

import { rfc3339Nanos } from "./go-time.ts";

const newline = 10;

/** Puts the time before each line. An entry is a piece of output, so a line may go on in the next one of its stream. */
export class LineStamper {
  readonly #inLine = { stdout: false, stderr: false };

  /** The pieces to write for an entry. */
  *stamp({ stream, data, time }: LogEntry): Generator<Uint8Array> {
    for (let start = 0; start < data.length;) {
      if (!this.#inLine[stream]) yield new TextEncoder().encode(`${rfc3339Nanos(time)} `);
      const end = data.indexOf(newline, start) + 1;
      this.#inLine[stream] = end === 0;
      yield data.subarray(start, end === 0 ? undefined : end);
      if (end === 0) return;
      start = end;
    }
  }
}
