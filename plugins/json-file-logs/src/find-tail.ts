import type { LogQuery } from "@gantry/core";

import { linesBackward } from "./file-lines.ts";
import { decodeRecord } from "./json-line.ts";
import { type LogCursor, matches } from "./log-cursor.ts";
import type { LogFiles, OpenLogFile } from "./log-files.ts";

const lineFeed = 10;

/** Where the last `count` matching lines begin, found from the end of the newest file backwards. */
export async function findTail(files: LogFiles, query: LogQuery, count: number): Promise<LogCursor | undefined> {
  let file = await files.newest();
  const counter = new LineCounter(query, count);
  try {
    while (file !== undefined) {
      const { size } = await file.handle.stat();
      for await (const { text, end } of linesBackward(file.handle, size)) {
        query.signal?.throwIfAborted();
        if (counter.exceededBy(text)) return { ...file, offset: end };
      }
      const older: OpenLogFile | undefined = await files.olderThan(file.inode);
      if (older === undefined) return { ...file, offset: 0 };
      await file.handle.close();
      file = older;
    }
    return undefined;
  } catch (thrown) {
    await file?.handle.close();
    throw thrown;
  }
}

/** Counts lines from the last one on. A line of one stream is not ended by a record of the other. */
class LineCounter {
  readonly #query: LogQuery;
  readonly #count: number;
  readonly #inside = new Set<string>();
  #lines = 0;

  constructor(query: LogQuery, count: number) {
    this.#query = query;
    this.#count = count;
  }

  /** @param text the record before the ones that were counted */
  exceededBy(text: string): boolean {
    if (this.#count === 0) return true;
    const record = decodeRecord(text);
    if (record === undefined || !matches(record, this.#query)) return false;
    const endsLine = record.data.at(-1) === lineFeed || !this.#inside.has(record.stream);
    if (endsLine && this.#lines === this.#count) return true;
    if (endsLine) this.#lines += 1;
    this.#inside.add(record.stream);
    return false;
  }
}
