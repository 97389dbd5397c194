import { type Hash, createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, access, mkdir, open, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type CallOptions, EngineError } from "@gantry/core";
import type { ContentInfo, ContentWriter, ExpectedContent } from "@gantry/core";
import { fileError, shown } from "@gantry/files";

import { durableRename } from "./durable-rename.ts";
import { fileChunks } from "./file-chunks.ts";

export interface FileContentWriterInit {
  ref: string;
  expected: ExpectedContent;
  /** This ref's own; made when missing. */
  directory: string;
  /** Where content with this digest becomes visible. */
  pathOf: (hex: string) => string;
  /** Called once, when the ref is free again. */
  released: () => void;
  signal: AbortSignal | undefined;
}

/** Appends to `data` in its directory and hashes on the way; calls take effect in the order in which they were made. */
export class FileContentWriter implements ContentWriter {
  readonly #init: FileContentWriterInit;
  readonly #handle: FileHandle;
  readonly #hash: Hash;
  #offset: number;
  #last: Promise<unknown> = Promise.resolve();
  #ended = false;

  private constructor(init: FileContentWriterInit, handle: FileHandle, hash: Hash, offset: number) {
    this.#init = init;
    this.#handle = handle;
    this.#hash = hash;
    this.#offset = offset;
  }

  /** Takes up what an earlier writer of this ref has left, which means to hash it again. */
  static async open(init: FileContentWriterInit): Promise<FileContentWriter> {
    await mkdir(init.directory, { recursive: true, mode: 0o700 });
    // For a person who wonders what this directory is.
    await writeFile(join(init.directory, "ref"), init.ref, { mode: 0o600 });
    const handle = await open(join(init.directory, "data"), constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const { size } = await handle.stat();
      const fits = size <= (init.expected.size ?? Infinity);
      if (!fits) await handle.truncate(0);
      const hash = createHash("sha256");
      for await (const chunk of fileChunks(handle, 0, fits ? size : 0)) {
        init.signal?.throwIfAborted();
        hash.update(chunk);
      }
      return new FileContentWriter(init, handle, hash, fits ? size : 0);
    } catch (thrown) {
      await handle.close();
      throw thrown;
    }
  }

  get offset(): number {
    return this.#offset;
  }

  write(chunk: Uint8Array): Promise<void> {
    return this.#next("write", async () => {
      const { expected, ref } = this.#init;
      if (this.#offset + chunk.length > (expected.size ?? Infinity)) {
        throw await this.#refuse(`content ${shown(ref)} is longer than the expected ${expected.size} bytes`);
      }
      try {
        await writeAll(this.#handle, chunk, this.#offset);
      } catch (thrown) {
        // A part of the chunk may be there; the file must hold what `offset` says.
        await this.#handle.truncate(this.#offset);
        throw thrown;
      }
      this.#hash.update(chunk);
      this.#offset += chunk.length;
    });
  }

  commit(options?: CallOptions): Promise<ContentInfo> {
    return this.#next("commit", async () => {
      options?.signal?.throwIfAborted();
      const { expected, ref, directory, pathOf } = this.#init;
      if (expected.size !== undefined && expected.size !== this.#offset) {
        throw await this.#refuse(
          `content ${shown(ref)} has ${this.#offset} bytes instead of the expected ${expected.size}`,
        );
      }
      const hex = this.#hash.copy().digest("hex");
      const digest = `sha256:${hex}`;
      if (expected.digest !== undefined && expected.digest !== digest) {
        throw await this.#refuse(
          `content ${shown(ref)} has digest ${digest} instead of the expected ${expected.digest}`,
        );
      }
      if (!(await exists(pathOf(hex)))) {
        await this.#handle.sync();
        await durableRename(join(directory, "data"), pathOf(hex));
      }
      const { mtime } = await stat(pathOf(hex));
      await this.#end(true);
      return { digest, size: this.#offset, createdAt: mtime };
    });
  }

  async abort(): Promise<void> {
    if (!this.#ended) await this.#next("abort", () => this.#end(true));
  }

  async close(): Promise<void> {
    if (!this.#ended) await this.#next("close", () => this.#end(false));
  }

  /** Throws away what is held. @returns the error to throw */
  async #refuse(message: string): Promise<EngineError> {
    await this.#end(true);
    const { expected, ref } = this.#init;
    return new EngineError("invalid-argument", `${message}: fetch it again`, { details: { ref, ...expected } });
  }

  async #end(discard: boolean): Promise<void> {
    this.#ended = true;
    try {
      await this.#handle.close();
      if (discard) await rm(this.#init.directory, { recursive: true, force: true });
    } finally {
      this.#init.released();
    }
  }

  #next<T>(doing: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      if (this.#ended)
        throw new EngineError("conflict", `the writer of ${shown(this.#init.ref)} has ended: open another`);
      try {
        return await work();
      } catch (thrown) {
        throw fileError(`${doing} content ${shown(this.#init.ref)}`, thrown);
      }
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done);
    done += bytesWritten;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
