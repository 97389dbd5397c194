import { EngineError } from "@gantry/core";
import type { CallOptions, ContentDescriptor, ImageStore } from "@gantry/core";

import { KeyedLock } from "../keyed-lock.ts";

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
  readonly #lock = new KeyedLock();
  readonly #pins = new Map<string, number>();

  constructor(store: ImageStore) {
    this.#store = store;
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

  /** Stores a document made here. */
  async put(descriptor: ContentDescriptor, document: string, call: CallOptions): Promise<void> {
    const bytes = Buffer.from(document);
    await this.ensure(descriptor, { fetch: (offset) => once(bytes.subarray(offset)) }, call);
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
