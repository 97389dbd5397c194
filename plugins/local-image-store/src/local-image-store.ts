import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { mkdir, open, opendir, readdir, rm, stat, unlink } from "node:fs/promises";
import { join, resolve } from "node:path";

import { type CallOptions, EngineError, type Lifecycled, Paths, inject } from "@gantry/core";
import type { ContentInfo, ContentRange, ContentWriter, ExpectedContent, ImageStore } from "@gantry/core";
import { errnoOf, fileError, shown } from "@gantry/files";

import { FileContentWriter } from "./file-content-writer.ts";
import { fileChunks } from "./file-chunks.ts";
import { ImageStoreOptions } from "./image-store-options.ts";

/** After so long without a write an unfinished writer is not expected to be taken up again. */
const ingestLifetime = 7 * 24 * 3600 * 1000;
const hexPattern = /^[0-9a-f]{64}$/;

/**
 * ImageStore in a directory: `sha256/<hex>` holds what is visible, `ingest/<hash of ref>/{ref,data}` what is being written.
 */
export class LocalImageStore implements ImageStore, Lifecycled {
  readonly #root: string;
  /** By ref; `undefined` while it is being opened. */
  readonly #writing = new Map<string, FileContentWriter | undefined>();
  #started: Promise<void> | undefined;

  /** @param options without a root, content lives in `content` beneath the data root */
  constructor(@inject(ImageStoreOptions) options: ImageStoreOptions, @inject(Paths) paths?: Paths) {
    const root = options.root ?? (paths && join(paths.dataRoot, "content"));
    if (root === undefined) throw new EngineError("invalid-argument", "root is missing: give a directory for content");
    this.#root = resolve(root);
  }

  /** Makes the directories and removes writers that were left a week ago. Any other call does it when nobody did. */
  start(): Promise<void> {
    return (this.#started ??= wrap(`open ${this.#root}`, async () => {
      for (const name of ["sha256", "ingest"]) await mkdir(join(this.#root, name), { recursive: true, mode: 0o700 });
      for (const name of await readdir(join(this.#root, "ingest")))
        await this.#expire(join(this.#root, "ingest", name));
    }));
  }

  async #expire(ingest: string): Promise<void> {
    const held = (await statOf(join(ingest, "data"))) ?? (await statOf(ingest));
    if (held !== undefined && Date.now() - held.mtimeMs > ingestLifetime)
      await rm(ingest, { recursive: true, force: true });
  }

  /** Closes what is being written; it can be taken up again by the next engine. */
  async stop(): Promise<void> {
    for (const writer of this.#writing.values()) await writer?.close();
  }

  async writer(ref: string, expected: ExpectedContent = {}, options?: CallOptions): Promise<ContentWriter> {
    await this.#ready(options);
    if (ref === "") throw new EngineError("invalid-argument", "ref is empty: name the writer");
    if (expected.digest !== undefined) hexOf(expected.digest);
    if (this.#writing.has(ref)) {
      throw new EngineError(
        "conflict",
        `content ${shown(ref)} is being written already: wait for that, or choose another ref`,
      );
    }
    this.#writing.set(ref, undefined);
    try {
      const writer = await wrap(`write content ${shown(ref)}`, () =>
        FileContentWriter.open({
          ref,
          expected,
          directory: join(this.#root, "ingest", createHash("sha256").update(ref).digest("hex")),
          pathOf: (hex) => this.#pathOf(hex),
          released: () => this.#writing.delete(ref),
          signal: options?.signal,
        }),
      );
      this.#writing.set(ref, writer);
      return writer;
    } catch (thrown) {
      this.#writing.delete(ref);
      throw thrown;
    }
  }

  async *open(digest: string, range: ContentRange = { start: 0 }, options?: CallOptions): AsyncIterable<Uint8Array> {
    await this.#ready(options);
    const path = this.#pathOf(hexOf(digest));
    const handle = await wrap(`read ${digest}`, () => open(path, "r").catch(notThere(digest)));
    try {
      const { size } = await handle.stat();
      const { start, end = size } = range;
      const inside = Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= size;
      if (!inside) {
        throw new EngineError(
          "invalid-argument",
          `range ${start}–${end} is outside of ${digest}, which has ${size} bytes`,
        );
      }
      for await (const chunk of fileChunks(handle, start, end)) {
        options?.signal?.throwIfAborted();
        yield chunk;
      }
    } finally {
      await handle.close();
    }
  }

  async stat(digest: string, options?: CallOptions): Promise<ContentInfo | undefined> {
    await this.#ready(options);
    const hex = hexOf(digest);
    return wrap(`look up ${digest}`, async () => infoOf(hex, await statOf(this.#pathOf(hex))));
  }

  async delete(digest: string, options?: CallOptions): Promise<void> {
    await this.#ready(options);
    const path = this.#pathOf(hexOf(digest));
    await wrap(`delete ${digest}`, () => unlink(path).catch(notThere(digest)));
  }

  async *list(options?: CallOptions): AsyncIterable<ContentInfo> {
    await this.#ready(options);
    for await (const { name } of await wrap("list content", () => opendir(join(this.#root, "sha256")))) {
      options?.signal?.throwIfAborted();
      if (!hexPattern.test(name)) continue;
      // Deleted meanwhile: it is not content any more.
      const info = infoOf(name, await statOf(this.#pathOf(name)));
      if (info !== undefined) yield info;
    }
  }

  async #ready(options: CallOptions | undefined): Promise<void> {
    options?.signal?.throwIfAborted();
    await this.start();
  }

  #pathOf(hex: string): string {
    return join(this.#root, "sha256", hex);
  }
}

/** Errors: `invalid-argument` for anything but `sha256:` and 64 lower-case hexadecimal digits. */
function hexOf(digest: string): string {
  const hex = digest.slice("sha256:".length);
  if (!digest.startsWith("sha256:") || !hexPattern.test(hex)) {
    const shown = JSON.stringify(digest.slice(0, 100));
    throw new EngineError(
      "invalid-argument",
      `digest ${shown} is malformed: it must be sha256: and 64 hexadecimal digits`,
    );
  }
  return hex;
}

function infoOf(hex: string, stats: Stats | undefined): ContentInfo | undefined {
  return stats && { digest: `sha256:${hex}`, size: stats.size, createdAt: stats.mtime };
}

async function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch((thrown: unknown) => {
    if (errnoOf(thrown) === "ENOENT") return undefined;
    throw thrown;
  });
}

function notThere(digest: string): (thrown: unknown) => never {
  return (thrown) => {
    if (errnoOf(thrown) === "ENOENT")
      throw new EngineError("not-found", `no such content: ${digest}`, { cause: thrown });
    throw thrown;
  };
}

async function wrap<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    throw fileError(doing, thrown);
  }
}
