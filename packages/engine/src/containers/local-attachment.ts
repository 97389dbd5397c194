import type { IsolatedProcess, LogEntry } from "@gantry/core";

import type { Attachment } from "../engine.ts";
import type { OutputReader } from "./output-readers.ts";

/** What a client is attached to. */
export type AttachedProcess = Pick<IsolatedProcess, "pid" | "output" | "writeStdin" | "closeStdin">;

interface Bound {
  process: AttachedProcess;
  reader: OutputReader;
}

export interface LocalAttachmentOptions {
  terminal: boolean;
  /** Whether the program's standard input ends with this client's. */
  endsStdin: boolean;
  /** What was written before. */
  earlier: AsyncIterable<LogEntry> | undefined;
  /** Called once, when the attachment is closed. */
  closed: () => void;
}

/** One client of the streams of a container or an exec. It reads the output record itself, at its own pace. */
export class LocalAttachment implements Attachment {
  readonly terminal: boolean;
  readonly #options: LocalAttachmentOptions;
  readonly #bound = Promise.withResolvers<Bound | undefined>();
  readonly #closed = new AbortController();

  constructor(options: LocalAttachmentOptions) {
    this.terminal = options.terminal;
    this.#options = options;
  }

  bind(process: AttachedProcess, reader: OutputReader): void {
    if (this.#closed.signal.aborted) reader.close();
    this.#bound.resolve({ process, reader });
  }

  end(): void {
    this.#bound.resolve(undefined);
  }

  get output(): AsyncIterable<LogEntry> {
    return this.#read();
  }

  async *#read(): AsyncGenerator<LogEntry> {
    if (this.#options.earlier !== undefined) yield* this.#options.earlier;
    const bound = await this.#bound.promise;
    if (bound === undefined) return;
    const { process, reader } = bound;
    const ended = AbortSignal.any([this.#closed.signal, reader.cut]);
    try {
      if (ended.aborted) return;
      for await (const chunk of process.output({ from: reader.position, follow: true, signal: ended })) {
        yield { stream: chunk.stream, data: chunk.data, time: chunk.time };
        reader.position = chunk.next;
      }
    } catch (thrown) {
      if (!ended.aborted) throw thrown;
    } finally {
      reader.close();
    }
  }

  async writeStdin(data: Uint8Array): Promise<void> {
    const bound = await this.#bound.promise;
    await bound?.process.writeStdin(data);
  }

  async closeStdin(): Promise<void> {
    if (!this.#options.endsStdin) return;
    const bound = await this.#bound.promise;
    await bound?.process.closeStdin();
  }

  /** Repeatable. */
  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#options.closed();
    this.#bound.resolve(undefined);
    const bound = await this.#bound.promise;
    bound?.reader.close();
    if (bound !== undefined && bound.process.pid !== undefined) await this.closeStdin();
  }
}
