import { type FileHandle, open } from "node:fs/promises";

import { EngineError, type LogEntry, type LogSink } from "@gantry/core";

import type { Activity } from "./activity.ts";
import { linesBackward } from "./file-lines.ts";
import { closeRecord, decodeRecord, encodeEntries } from "./json-line.ts";
import type { LogFiles } from "./log-files.ts";
import type { LogBounds } from "./log-options.ts";

/** Bytes that are gathered for one write(2). More costs more: V8 and malloc treat larger blocks apart. */
const blockSize = 96 * 1024;

/**
 * Appends to the files of one container. The last record of each write carries the caller's position: a write that was cut
 * short has no such record, so the next `open` finds the end of the last whole one and cuts off what follows.
 */
export class JsonFileSink implements LogSink {
  readonly #files: LogFiles;
  readonly #bounds: LogBounds;
  readonly #activity: Activity;
  readonly #closed: () => void;
  #handle: FileHandle | undefined;
  #size = 0;
  #position = 0;
  #last: Promise<unknown> = Promise.resolve();
  #ended = false;

  private constructor(files: LogFiles, bounds: LogBounds, activity: Activity, closed: () => void) {
    this.#files = files;
    this.#bounds = bounds;
    this.#activity = activity;
    this.#closed = closed;
  }

  /** @param closed called once, at the end */
  static async open(files: LogFiles, bounds: LogBounds, activity: Activity, closed: () => void): Promise<JsonFileSink> {
    const sink = new JsonFileSink(files, bounds, activity, closed);
    await sink.#recover();
    return sink;
  }

  write(entries: readonly LogEntry[], position: number): Promise<void> {
    return this.#next(async () => {
      try {
        await this.#append(entries, position);
        this.#position = position;
      } catch (thrown) {
        await this.#recover();
        throw writeError(this.#files.current, thrown);
      } finally {
        this.#activity.changed();
      }
    });
  }

  lastPosition(): Promise<number> {
    return this.#next(async () => this.#position);
  }

  flush(): Promise<void> {
    return this.#next(async () => this.#handle?.datasync());
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    await this.#next(async () => {
      this.#ended = true;
      await this.#handle?.close();
      this.#closed();
    });
  }

  async #append(entries: readonly LogEntry[], position: number): Promise<void> {
    let block: string[] = [];
    let bytes = 0;
    const put = async (record: string): Promise<void> => {
      const length = Buffer.byteLength(record);
      const full = this.#size + bytes > 0 && this.#size + bytes + length > this.#bounds.maxSize;
      if (full || bytes > blockSize) {
        await this.#writeBlock(block);
        block = [];
        bytes = 0;
      }
      if (full) await this.#rotate();
      block.push(record);
      bytes += length;
    };
    let open: string | undefined;
    for (const record of encodeEntries(entries)) {
      if (open !== undefined) await put(closeRecord(open));
      open = record;
    }
    if (open !== undefined) await put(closeRecord(open, position));
    await this.#writeBlock(block);
  }

  async #writeBlock(block: readonly string[]): Promise<void> {
    if (block.length === 0) return;
    const bytes = Buffer.from(block.join(""));
    const handle = (this.#handle ??= await open(this.#files.current, "a", 0o640));
    await handle.appendFile(bytes);
    this.#size += bytes.length;
  }

  async #rotate(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    this.#files.rotate(this.#bounds.maxFile);
    this.#size = 0;
  }

  /** Cuts off what follows the last whole write, through rotated files where it went on over them. */
  async #recover(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    this.#position = 0;
    for (const { path } of this.#files.list()) {
      const found = await cutAfterLastPosition(path);
      if (found === undefined) continue;
      this.#position = found;
      break;
    }
    this.#handle = await open(this.#files.current, "a", 0o640);
    this.#size = (await this.#handle.stat()).size;
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      if (this.#ended) throw new EngineError("conflict", `the log ${this.#files.current} is closed: open it again`);
      return work();
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** @returns the position, or `undefined` for a file without any, which is then empty */
async function cutAfterLastPosition(path: string): Promise<number | undefined> {
  const handle = await open(path, "r+");
  try {
    const { size } = await handle.stat();
    for await (const { text, end } of linesBackward(handle, size)) {
      const position = decodeRecord(text)?.position;
      if (position === undefined) continue;
      if (end < size) await handle.truncate(end);
      return position;
    }
    if (size > 0) await handle.truncate(0);
    return undefined;
  } finally {
    await handle.close();
  }
}

function writeError(path: string, thrown: unknown): unknown {
  const errno = (thrown as NodeJS.ErrnoException).code ?? "";
  if (errno !== "ENOSPC" && errno !== "EDQUOT") return thrown;
  const message = `could not write the log ${path}: the disk is full, free some space`;
  return new EngineError("unavailable", message, { cause: thrown, details: { errno } });
}
