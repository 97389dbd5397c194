import type { Duplex } from "node:stream";

import { EngineError, type LogEntry } from "@gantry/core";
import type { Attachment } from "@gantry/engine";

import { decodeFrames, plainOutput } from "./wire/frame-decoder.ts";

const nanosecondsPerMillisecond = 1_000_000n;

/** Streams of a process over a connection of their own. The time of an entry is when it came here. */
export class RemoteAttachment implements Attachment {
  readonly terminal: boolean;
  readonly output: AsyncIterable<LogEntry>;
  readonly #stream: Duplex;

  /** @param signal closes the connection */
  constructor(stream: Duplex, terminal: boolean, signal?: AbortSignal) {
    this.#stream = stream;
    this.terminal = terminal;
    this.output = this.#read();
    const abort = (): void => void stream.destroy(signal?.reason as Error);
    signal?.addEventListener("abort", abort);
    stream.once("close", () => signal?.removeEventListener("abort", abort));
    // Whoever reads or writes is told of it; nobody else needs to.
    stream.on("error", () => {});
  }

  /** Input for a process that is gone is dropped, as an engine in this process drops it. */
  async writeStdin(data: Uint8Array): Promise<void> {
    if (!this.#stream.writable) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#stream.write(data, () => resolve());
    this.#stream.once("close", resolve);
    await promise;
    this.#stream.off("close", resolve);
  }

  async closeStdin(): Promise<void> {
    this.#stream.end();
  }

  async close(): Promise<void> {
    this.#stream.destroy();
  }

  async *#read(): AsyncGenerator<LogEntry> {
    const pieces = this.terminal ? plainOutput(this.#stream) : decodeFrames(this.#stream);
    try {
      for await (const { stream, data } of pieces) {
        yield { stream, data, time: BigInt(Date.now()) * nanosecondsPerMillisecond };
      }
    } catch (thrown) {
      if (thrown instanceof EngineError) throw thrown;
      // Closed by our own hand: the end of the stream, not a failure of it.
      if ((thrown as NodeJS.ErrnoException).code === "ERR_STREAM_PREMATURE_CLOSE") return;
      throw thrown;
    }
  }
}

/** Of a process that goes on without a reader. */
export const detached: Attachment = {
  terminal: false,
  output: (async function* () {})(),
  writeStdin: async () => {},
  closeStdin: async () => {},
  close: async () => {},
};
