import {
  type CallOptions,
  EngineError,
  type LogContext,
  LogDriver,
  type LogEntry,
  type LogQuery,
  type LogReader,
  type LogSink,
  definePlugin,
} from "@gantry/core";

import { Pulse } from "./pulse.ts";
import { type MemoryOptions, sharedMemory } from "./shared-memory.ts";

interface Log {
  readonly entries: LogEntry[];
  position: number;
  readonly grown: Pulse;
}

const logsOf = sharedMemory(() => new Map<string, Log>());

/** Keeps entries in memory as they come. */
export class MemoryLogDriver implements LogDriver {
  readonly name = "memory";
  readonly reader: LogReader = { read: (context, query) => this.#read(context, query) };
  readonly #logs: Map<string, Log>;

  constructor(options: MemoryOptions = {}) {
    this.#logs = logsOf(options);
  }

  async open(context: LogContext, options?: CallOptions): Promise<LogSink> {
    options?.signal?.throwIfAborted();
    const [unknown] = Object.keys(context.options);
    if (unknown !== undefined)
      throw new EngineError("invalid-argument", `the memory log driver has no option ${unknown}`);
    const log = this.#log(context);
    return {
      async write(entries, position) {
        for (const entry of entries) log.entries.push({ ...entry, data: Uint8Array.from(entry.data) });
        log.position = position;
        log.grown.beat();
      },
      lastPosition: async () => log.position,
      async flush() {},
      async close() {},
    };
  }

  async remove(context: LogContext): Promise<void> {
    this.#logs.delete(context.containerId);
  }

  async *#read(context: LogContext, query: LogQuery): AsyncIterable<LogEntry> {
    query.signal?.throwIfAborted();
    const log = this.#log(context);
    let next = log.entries.length;
    yield* lastLines(
      log.entries.filter((entry) => matches(entry, query)),
      query.tail,
    );
    while (query.follow !== undefined) {
      // Asked before the entries are looked at: what is written before the end must still be read.
      const ended = query.follow.ended.aborted;
      const later = log.entries.slice(next);
      next += later.length;
      yield* later.filter((entry) => matches(entry, query));
      if (ended && next === log.entries.length) return;
      if (!ended && next === log.entries.length) await log.grown.wait([query.follow.ended, query.signal]);
      query.signal?.throwIfAborted();
    }
  }

  #log({ containerId }: LogContext): Log {
    const log = this.#logs.get(containerId) ?? { entries: [], position: 0, grown: new Pulse() };
    this.#logs.set(containerId, log);
    return log;
  }
}

function matches({ stream, time }: LogEntry, { stdout, stderr, since, until }: LogQuery): boolean {
  const wanted = stream === "stdout" ? stdout : stderr;
  return wanted && (since === undefined || time >= since) && (until === undefined || time <= until);
}

/** Cuts off all but the last lines; a line of one stream is not ended by an entry of the other. */
function lastLines(entries: readonly LogEntry[], count: number | undefined): readonly LogEntry[] {
  if (count === undefined) return entries;
  const kept: LogEntry[] = [];
  const inside = new Set<string>();
  let lines = 0;
  for (const entry of entries.toReversed()) {
    let start = entry.data.length;
    while (start > 0) {
      const begins = entry.data[start - 1] === 0x0a || !inside.has(entry.stream);
      if (begins && lines === count) break;
      if (begins) lines += 1;
      inside.add(entry.stream);
      start = start < 2 ? 0 : entry.data.lastIndexOf(0x0a, start - 2) + 1;
    }
    if (start < entry.data.length) kept.unshift({ ...entry, data: entry.data.subarray(start) });
    if (start > 0) break;
  }
  return kept;
}

export const memoryLogDriver = definePlugin<MemoryOptions>({
  name: "@gantry/testkit/memory-log-driver",
  provides: [LogDriver],
  register: (registrar, options) => registrar.value(LogDriver, new MemoryLogDriver(options)),
});
