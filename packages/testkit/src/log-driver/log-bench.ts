import assert from "node:assert/strict";

import type { LogContext, LogDriver, LogEntry, LogQuery, LogReader } from "@gantry/core";

import type { Bench } from "../bench.ts";
import { type Check, skipUnless } from "../contract.ts";
import { collect } from "../fixtures/collect.ts";

export type LogBench = Bench<LogDriver>;
export type LogCheck = Check<LogDriver>;

/** A container of its own, with its directory. */
export async function container(bench: LogBench, containerId = "c1"): Promise<LogContext> {
  return { containerId, directory: await bench.makeDirectory(`containers/${containerId}`), options: {} };
}

/** `entry("stdout", "text\n", 5n)`: an entry of 5 ns after an arbitrary whole second. */
export function entry(stream: "stdout" | "stderr", data: string | Uint8Array, time: bigint = 0n): LogEntry {
  return { stream, data: typeof data === "string" ? Buffer.from(data) : data, time: epoch + time };
}
/** With digits in all places down to the nanosecond. */
export const epoch = 1_700_000_000_123_456_789n;

/** Opens a sink, writes and closes it. The position is the number of entries. */
export async function writeAll(bench: LogBench, context: LogContext, entries: readonly LogEntry[]): Promise<void> {
  const sink = await bench.subject.open(context);
  await sink.write(entries, entries.length);
  await sink.close();
}

export function readerOf(bench: LogBench): LogReader {
  skipUnless(bench.subject.reader !== undefined, "the driver has no reader");
  return bench.subject.reader;
}

/** Both streams, unless the query says otherwise. */
export async function read(bench: LogBench, context: LogContext, query: Partial<LogQuery> = {}): Promise<LogEntry[]> {
  return collect(readerOf(bench).read(context, { stdout: true, stderr: true, ...query }));
}

/** The bytes of the entries, of one stream or of both in order. */
export function bytesOf(entries: readonly LogEntry[], stream?: "stdout" | "stderr"): Buffer {
  return Buffer.concat(entries.filter((one) => stream === undefined || one.stream === stream).map(({ data }) => data));
}

/** A driver may split and join, so entries are compared by their bytes, stream by stream. */
export function assertSameBytes(actual: readonly LogEntry[], expected: readonly LogEntry[]): void {
  for (const stream of ["stdout", "stderr"] as const) {
    const [got, want] = [bytesOf(actual, stream), bytesOf(expected, stream)];
    assert.equal(got.length, want.length, `${stream} has ${got.length} bytes instead of ${want.length}`);
    assert.ok(got.equals(want), `${stream} differs`);
  }
}

/** Waits for the next entry of a following reader. */
export async function nextText(iterator: AsyncIterator<LogEntry>): Promise<string> {
  const result = await iterator.next();
  assert.equal(result.done ?? false, false, "the reader ended");
  return Buffer.from((result.value as LogEntry).data).toString();
}
