import type { CallOptions } from "./call-options.ts";
import { token } from "./token.ts";

/**
 * Keeps what containers write.
 *
 * `open` gives the sink of one container; there is one at a time for each container. `write` takes entries in the order
 * in which they were written, across both streams, and resolves when the sink has taken them (it applies backpressure).
 * An entry is a piece of output, not a line: a driver splits or joins as its format needs, and what it reads back,
 * concatenated per stream, are the same bytes. `position` is the caller's own mark: after a crash `lastPosition()` answers
 * that of the last entry that is safely kept, so that nothing is written twice or lost.
 *
 * Errors: `invalid-argument` at `open` for an option that the driver does not know, naming it; `unavailable` when the disk
 * is full.
 */
export interface LogDriver {
  readonly name: string;
  open(context: LogContext, options?: CallOptions): Promise<LogSink>;
  /** Absent where the driver only sends logs away. */
  readonly reader?: LogReader;
  /** Removes what is kept of a container. Repeatable. */
  remove(context: LogContext, options?: CallOptions): Promise<void>;
}
export const LogDriver = token<LogDriver>("LogDriver");

export interface LogContext {
  containerId: string;
  /** A directory of this container's own; exists. */
  directory: string;
  /** `--log-opt` */
  options: Readonly<Record<string, string>>;
}

export interface LogEntry {
  stream: "stdout" | "stderr";
  data: Uint8Array;
  /** Nanoseconds since the epoch. */
  time: bigint;
}

export interface LogSink {
  write(entries: readonly LogEntry[], position: number): Promise<void>;
  /** The position of the last `write` that is kept; 0 when there is none. */
  lastPosition(): Promise<number>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface LogReader {
  /** Entries in the order in which they were written. A reader may be ahead of `close` and behind `write`. */
  read(context: LogContext, query: LogQuery): AsyncIterable<LogEntry>;
}

export interface LogQuery extends CallOptions {
  stdout: boolean;
  stderr: boolean;
  /** Nanoseconds since the epoch; entries at or after. */
  since?: bigint;
  /** Entries before or at. */
  until?: bigint;
  /** The last so many lines of those that match; absent: all. */
  tail?: number;
  /** Go on with what is written later; ends when `following` is aborted and all that was written before has been read. */
  follow?: { ended: AbortSignal };
}
