import type { LogEntry, LogQuery } from "@gantry/core";

import type { Activity } from "./activity.ts";
import { findTail } from "./find-tail.ts";
import { linesForward } from "./file-lines.ts";
import { decodeRecord } from "./json-line.ts";
import { type LogCursor, atStart, matches } from "./log-cursor.ts";
import type { LogFiles } from "./log-files.ts";

/** Reads a log from its oldest file, or from where its tail begins, over rotations to its end. */
export async function* readLog(files: LogFiles, query: LogQuery, activity: Activity): AsyncIterable<LogEntry> {
  const { follow, tail, signal } = query;
  signal?.throwIfAborted();
  const signals = [...(follow ? [follow.ended] : []), ...(signal ? [signal] : [])];
  let cursor: LogCursor | undefined = await (tail === undefined
    ? atStart(files.oldest())
    : findTail(files, query, tail));
  try {
    for (;;) {
      const seen = activity.version;
      const last = follow === undefined || follow.ended.aborted;
      cursor ??= await atStart(files.oldest());
      if (cursor !== undefined) {
        yield* recordsFrom(cursor, query);
        const newer = await files.newerThan(cursor.inode);
        if (newer !== undefined) {
          // What was written between the end that was met and the rotation.
          yield* recordsFrom(cursor, query);
          await cursor.handle.close();
          cursor = { ...newer, offset: 0 };
          continue;
        }
      }
      if (last) return;
      await activity.wait(seen, signals);
      signal?.throwIfAborted();
    }
  } finally {
    await cursor?.handle.close();
  }
}

/** Moves the cursor on as it yields. */
async function* recordsFrom(cursor: LogCursor, query: LogQuery): AsyncIterable<LogEntry> {
  for await (const { lines, end } of linesForward(cursor.handle, cursor.offset)) {
    query.signal?.throwIfAborted();
    cursor.offset = end;
    for (const line of lines) {
      const record = decodeRecord(line);
      if (record === undefined || !matches(record, query)) continue;
      const { stream, data, time } = record;
      yield { stream, data, time };
    }
  }
}
