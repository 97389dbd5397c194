import type { LogEntry, LogQuery, LogSink } from "@gantry/core";
import { collect, temporaryDirectory } from "@gantry/testkit";

import { JsonFileLogDriver } from "../src/index.ts";

export const time = 1_700_000_000_123_456_789n;

export function entry(data: string | Uint8Array, stream: "stdout" | "stderr" = "stdout"): LogEntry {
  return { stream, data: typeof data === "string" ? Buffer.from(data) : data, time };
}

/** The log of one container in a directory of its own. */
export interface TestLog {
  directory: string;
  /** The path of the current file. */
  path: string;
  open: () => Promise<LogSink>;
  /** A new engine's driver. */
  reopened: () => TestLog;
  text: (query?: Partial<LogQuery>) => Promise<string>;
  read: (query?: Partial<LogQuery>) => AsyncIterable<LogEntry>;
}

export async function withLog(options: Record<string, string>, work: (log: TestLog) => Promise<void>): Promise<void> {
  await using directory = await temporaryDirectory();
  await work(logIn(directory.path, options));
}

function logIn(directory: string, options: Record<string, string>): TestLog {
  const driver = new JsonFileLogDriver();
  const context = { containerId: "c", directory, options };
  const read = (query: Partial<LogQuery> = {}): AsyncIterable<LogEntry> =>
    driver.reader.read(context, { stdout: true, stderr: true, ...query });
  return {
    directory,
    path: `${directory}/c-json.log`,
    open: () => driver.open(context),
    reopened: () => logIn(directory, options),
    read,
    text: async (query) => Buffer.concat((await collect(read(query))).map(({ data }) => data)).toString(),
  };
}
