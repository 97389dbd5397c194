import { randomBytes } from "node:crypto";

import { EngineError } from "@gantry/core";
import type { CallOptions, ContentDescriptor, ContentInfo, ImageStore, StateStore } from "@gantry/core";

import { KeyedLock } from "../keyed-lock.ts";

/** Names of writers for content that has no digest yet: what one has left after a crash is thrown away. */
const writersBucket = "image-writers";

/** Manifests and configurations are read into memory: none is ever near this size. */
const maximumDocumentSize = 8 * 1024 * 1024;

export interface FetchContent {
  /** The content from an offset on. */
  fetch: (offset: number) => AsyncIterable<Uint8Array>;
  /** Told how many bytes are there. */
  progress?: (bytes: number) => void;
}

/** The blobs of images. What is pinned is not removed, so that a pull and a removal at once do not harm each other. */
export class ImageContents {
  readonly #store: ImageStore;
  readonly #state: StateStore;
  readonly #lock = new KeyedLock();
  readonly #pins = new Map<string, number>();

  constructor(store: ImageStore, state: StateStore) {
    this.#store = store;
    this.#state = state;
  }

  /** Keeps digests (and chain ids) from being removed until the returned function is called. */
  pin(keys: readonly string[]): () => void {
    for (const key of keys) this.#pins.set(key, (this.#pins.get(key) ?? 0) + 1);
    return () => {
      for (const key of keys) {
        const count = (this.#pins.get(key) ?? 1) - 1;
        if (count === 0) this.#pins.delete(key);
        else this.#pins.set(key, count);
      }
    };
  }

  isPinned(key: string): boolean {
    return this.#pins.has(key);
  }

  /**
   * Stores the content of a descriptor unless it is here, taking up what an earlier attempt left.
   * @returns whether it was here already
   * Errors: `invalid-argument` when it is not what the descriptor says, `unavailable` when it ends early.
   */
  ensure({ digest, size }: ContentDescriptor, content: FetchContent, call: CallOptions): Promise<boolean> {
    return this.#lock.run(digest, async () => {
      if ((await this.#store.stat(digest, call)) !== undefined) return true;
      const writer = await this.#store.writer(`blob-${digest.replace(":", "-")}`, { digest, size }, call);
      try {
        let bytes = writer.offset;
        if (bytes < size) {
          for await (const chunk of content.fetch(bytes)) {
            await writer.write(chunk);
            bytes += chunk.length;
            content.progress?.(bytes);
          }
        }
        // What came so far is kept, where a commit would throw it away.
        if (bytes < size)
          throw new EngineError("unavailable", `${digest} ended after ${bytes} of ${size} bytes: try again`);
        await writer.commit(call);
      } finally {
        await writer.close();
      }
      return false;
    });
  }

  /**
   * Stores content whose digest is not known yet, and keeps it pinned until `unpin` is called. Nothing of it stays when it
   * fails or the engine dies.
   */
  async storeNew(
    content: AsyncIterable<Uint8Array>,
    call: CallOptions,
    expected: { digest?: string } = {},
  ): Promise<ContentInfo & { unpin: () => void }> {
    const ref = `new-${randomBytes(16).toString("hex")}`;
    await this.#state.put(writersBucket, ref, {});
    const writer = await this.#store.writer(ref, expected, call);
    try {
      for await (const chunk of content) await writer.write(chunk);
      const info = await writer.commit(call);
      return { ...info, unpin: this.pin([info.digest]) };
    } catch (thrown) {
      await writer.abort();
      throw thrown;
    } finally {
      await this.#state.delete(writersBucket, ref);
    }
  }

  /** Throws away what {@link storeNew} had begun when an earlier engine died. */
  async discardUnfinished(): Promise<void> {
    const refs: string[] = [];
    for await (const { key } of this.#state.list(writersBucket)) refs.push(key);
    for (const ref of refs) {
      const writer = await this.#store.writer(ref);
      await writer.abort();
      await this.#state.delete(writersBucket, ref);
    }
  }

  /** Stores a document made here. Nobody would take up one that was begun, for the next has another time in it. */
  put({ digest }: ContentDescriptor, document: string, call: CallOptions): Promise<void> {
    return this.#lock.run(digest, async () => {
      if ((await this.#store.stat(digest, call)) !== undefined) return;
      const { unpin } = await this.storeNew(once(Buffer.from(document)), call, { digest });
      unpin();
    });
  }

  open(digest: string, call: CallOptions): AsyncIterable<Uint8Array> {
    return this.#store.open(digest, undefined, call);
  }

  async read({ digest, size }: ContentDescriptor, call: CallOptions): Promise<Uint8Array> {
    if (size > maximumDocumentSize) {
      throw new EngineError("invalid-argument", `${digest} is ${size} bytes, too large for an image document`);
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#store.open(digest, undefined, call)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** A document that is here. Errors: `not-found`. */
  async readWhole(digest: string, call: CallOptions): Promise<Uint8Array> {
    const info = await this.#store.stat(digest, call);
    if (info === undefined) throw new EngineError("not-found", `content ${digest} is missing`, { details: { digest } });
    return this.read({ mediaType: "", ...info }, call);
  }

  /** The first bytes of content that is here; fewer where it is shorter. */
  async start(digest: string, bytes: number, call: CallOptions): Promise<Uint8Array> {
    const size = (await this.sizeOf(digest, call)) ?? 0;
    const chunks: Uint8Array[] = [];
    if (size > 0) {
      for await (const chunk of this.#store.open(digest, { start: 0, end: Math.min(size, bytes) }, call))
        chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** Its size, or `undefined` when it is not here. */
  async sizeOf(digest: string, call: CallOptions): Promise<number | undefined> {
    return (await this.#store.stat(digest, call))?.size;
  }

  /** Removes a blob unless it is pinned or still referenced. */
  removeUnless(digest: string, referenced: () => boolean): Promise<void> {
    return this.#lock.run(digest, async () => {
      if (this.isPinned(digest) || referenced()) return;
      if ((await this.#store.stat(digest)) !== undefined) await this.#store.delete(digest);
    });
  }

  async digests(): Promise<readonly string[]> {
    const digests: string[] = [];
    for await (const { digest } of this.#store.list()) digests.push(digest);
    return digests;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
