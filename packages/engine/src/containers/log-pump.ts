import { setTimeout as delay } from "node:timers/promises";

import { messageOf } from "@gantry/core";
import type { IsolatedContainer, LogEntry, Logger, LogSink } from "@gantry/core";

const maximumBatch = 1024 * 1024;
const retryDelay = 1000;

export interface LogPumpOptions {
  isolated: IsolatedContainer;
  /** Opens the container's sink; `undefined` where its output is kept nowhere. */
  openSink: (() => Promise<LogSink>) | undefined;
  /** Bytes that earlier runs have put into the sink. */
  base: number;
  /** Up to where the record may be dropped, beside what the sink has taken. */
  wanted: () => number;
  logger: Logger;
}

/**
 * Moves a run's output from the isolation backend's record into the container's log, from where the sink says that it ended.
 * While one batch is written the next is collected, up to a bound; what the sink has taken is released from the record. A sink
 * that fails is tried again: its container keeps running, and its record keeps the output meanwhile.
 */
export class LogPump {
  readonly #options: LogPumpOptions;
  readonly #detached = new AbortController();
  #lastTime: bigint | undefined;
  #position = 0;
  #moved: (() => void)[] = [];
  #ended = false;
  /** Resolves when all output is in the log, or the pump was detached, or it had to give up. Never rejects. */
  readonly finished: Promise<void>;

  constructor(options: LogPumpOptions) {
    this.#options = options;
    this.finished = this.#run().finally(() => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** Stops without the end of the output: a later pump goes on where this one stopped. */
  async detach(): Promise<void> {
    this.#detached.abort();
    await this.finished;
  }

  /** Waits until everything is in the log that the record holds now. */
  async caughtUp(): Promise<{ position: number; time: bigint | undefined }> {
    const end = await this.#options.isolated.outputEnd();
    while (this.#position < end && !this.#ended) await new Promise<void>((resolve) => this.#moved.push(resolve));
    return { position: this.#position, time: this.#lastTime };
  }

  async #run(): Promise<void> {
    while (!this.#detached.signal.aborted) {
      try {
        return await this.#pass();
      } catch (thrown) {
        if (this.#detached.signal.aborted) return;
        const { isolated, logger } = this.#options;
        const stopped = isolated.pid === undefined;
        logger.error("cannot write a container's log", { container: isolated.id, reason: messageOf(thrown), stopped });
        // The exit must be told some time, log or no log.
        if (stopped) return;
        await delay(retryDelay, undefined, { signal: this.#detached.signal }).catch(() => {});
      }
    }
  }

  async #pass(): Promise<void> {
    const { isolated, openSink, base } = this.#options;
    const sink = await openSink?.();
    try {
      const from = sink === undefined ? 0 : Math.max(0, (await sink.lastPosition()) - base);
      this.#position = from;
      const batches = new Batches((entries, position) => this.#write(sink, entries, position));
      // A write that fails ends the pass at once, though no more output may come for long.
      const signal = AbortSignal.any([this.#detached.signal, batches.failed]);
      try {
        for await (const chunk of isolated.output({ from, follow: true, signal })) {
          if (chunk.lost !== undefined) this.#tellLost(chunk.lost);
          await batches.add(chunk, chunk.next);
          // The record may have much more at hand.
          if (this.#detached.signal.aborted) break;
        }
      } finally {
        await batches.drained();
      }
      await sink?.flush();
    } finally {
      await sink?.close();
    }
  }

  async #write(sink: LogSink | undefined, entries: readonly LogEntry[], position: number): Promise<void> {
    const { isolated, base, wanted } = this.#options;
    await sink?.write(entries, base + position);
    this.#position = position;
    this.#lastTime = entries.at(-1)?.time;
    this.#wake();
    await isolated.releaseOutput(Math.min(position, wanted()));
  }

  #tellLost(bytes: number): void {
    const { isolated, logger } = this.#options;
    logger.warn("a container's output was dropped before it was logged", { container: isolated.id, bytes });
  }

  #wake(): void {
    const waiting = this.#moved;
    this.#moved = [];
    for (const resolve of waiting) resolve();
  }
}

/** Collects entries while the ones before are written. */
class Batches {
  readonly #write: (entries: readonly LogEntry[], position: number) => Promise<void>;
  #entries: LogEntry[] = [];
  #bytes = 0;
  #position = 0;
  #writing: Promise<void> | undefined;
  readonly #failed = new AbortController();

  constructor(write: (entries: readonly LogEntry[], position: number) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when more may be added. Rejects with what an earlier write rejected with. */
  async add({ stream, data, time }: LogEntry, position: number): Promise<void> {
    this.#entries.push({ stream, data, time });
    this.#bytes += data.length;
    this.#position = position;
    this.#writing ??= this.#drain();
    if (this.#bytes >= maximumBatch) await this.#writing;
    this.failed.throwIfAborted();
  }

  async drained(): Promise<void> {
    await this.#writing;
    this.failed.throwIfAborted();
  }

  /** Aborted with what a write rejected with. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#entries.length > 0) {
        const entries = this.#entries;
        this.#entries = [];
        this.#bytes = 0;
        await this.#write(entries, this.#position);
      }
    } catch (thrown) {
      this.#failed.abort(thrown);
    } finally {
      this.#writing = undefined;
    }
  }
}
