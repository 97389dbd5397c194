import { type CallOptions, EngineError, type Lifecycled, inject } from "@gantry/core";
import type { LogContext, LogDriver, LogReader, LogSink } from "@gantry/core";

import { Activity } from "./activity.ts";
import { JsonFileSink } from "./json-file-sink.ts";
import { LogFiles } from "./log-files.ts";
import { JsonFileOptions, logBounds } from "./log-options.ts";
import { readLog } from "./read-log.ts";

/** LogDriver in Docker's json-file format: `<directory>/<id>-json.log`, rotated to `.1`, `.2` …; 5 files of 20 MiB by default. */
export class JsonFileLogDriver implements LogDriver, Lifecycled {
  readonly name = "json-file";
  readonly #options: JsonFileOptions;
  /** By path of the current file. */
  readonly #activities = new Map<string, Activity>();
  /** By path; `undefined` while it is being opened. */
  readonly #sinks = new Map<string, JsonFileSink | undefined>();

  constructor(@inject(JsonFileOptions) options: JsonFileOptions = {}) {
    this.#options = options;
  }

  readonly reader: LogReader = {
    read: (context, query) => {
      const files = new LogFiles(context);
      return readLog(files, query, this.#activityOf(files.current));
    },
  };

  async stop(): Promise<void> {
    for (const sink of this.#sinks.values()) await sink?.close();
  }

  async open(context: LogContext, options?: CallOptions): Promise<LogSink> {
    options?.signal?.throwIfAborted();
    const bounds = logBounds(context.options, this.#options);
    const files = new LogFiles(context);
    const path = files.current;
    if (this.#sinks.has(path)) {
      throw new EngineError(
        "conflict",
        `the log of ${context.containerId} is being written already: close that sink first`,
      );
    }
    this.#sinks.set(path, undefined);
    try {
      const sink = await JsonFileSink.open(files, bounds, this.#activityOf(path), () => this.#sinks.delete(path));
      this.#sinks.set(path, sink);
      return sink;
    } catch (thrown) {
      this.#sinks.delete(path);
      throw thrown;
    }
  }

  async remove(context: LogContext, options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    const files = new LogFiles(context);
    files.removeAll();
    this.#activities.delete(files.current);
  }

  #activityOf(path: string): Activity {
    const known = this.#activities.get(path);
    if (known !== undefined) return known;
    const activity = new Activity();
    this.#activities.set(path, activity);
    return activity;
  }
}
