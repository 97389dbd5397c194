import type { LogEntry, LogQuery } from "@gantry/core";

import type { OpenLogFile } from "./log-files.ts";

/** A place in the log. */
export interface LogCursor extends OpenLogFile {
  offset: number;
}

/** The beginning of a file. */
export async function atStart(file: Promise<OpenLogFile | undefined>): Promise<LogCursor | undefined> {
  const opened = await file;
  return opened && { ...opened, offset: 0 };
}

export function matches({ stream, time }: LogEntry, { stdout, stderr, since, until }: LogQuery): boolean {
  const wanted = stream === "stdout" ? stdout : stderr;
  return wanted && (since === undefined || time >= since) && (until === undefined || time <= until);
}
