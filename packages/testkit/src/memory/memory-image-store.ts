import { createHash } from "node:crypto";

import {
  type CallOptions,
  type ContentInfo,
  type ContentRange,
  type ContentWriter,
  EngineError,
  type ExpectedContent,
  ImageStore,
  definePlugin,
} from "@gantry/core";

import { type MemoryOptions, sharedMemory } from "./shared-memory.ts";

interface Content extends ContentInfo {
  readonly bytes: Buffer;
}

interface Memory {
  readonly contents: Map<string, Content>;
  /** Of writers that are open, and of those that were closed to be taken up again. */
  readonly drafts: Map<string, Draft>;
}

interface Draft {
  readonly chunks: Buffer[];
  open: boolean;
}

const memoryOf = sharedMemory((): Memory => ({ contents: new Map(), drafts: new Map() }));
const chunkSize = 64 * 1024;

/** Content by digest, in memory. */
export class MemoryImageStore implements ImageStore {
  readonly #memory: Memory;

  constructor(options: MemoryOptions = {}) {
    this.#memory = memoryOf(options);
  }

  async writer(ref: string, expected: ExpectedContent = {}, options?: CallOptions): Promise<ContentWriter> {
    options?.signal?.throwIfAborted();
    if (expected.digest !== undefined) checkDigest(expected.digest);
    const draft = this.#memory.drafts.get(ref) ?? { chunks: [], open: false };
    if (draft.open) throw new EngineError("conflict", `ref ${ref} is being written: wait for that writer`);
    draft.open = true;
    this.#memory.drafts.set(ref, draft);
    return new MemoryContentWriter(this.#memory, ref, draft, expected);
  }

  async *open(digest: string, range: ContentRange = { start: 0 }, options?: CallOptions): AsyncIterable<Uint8Array> {
    options?.signal?.throwIfAborted();
    const { bytes } = this.#find(digest);
    const { start, end = bytes.length } = range;
    const valid = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= bytes.length;
    if (!valid) throw new EngineError("invalid-argument", `range ${start}-${end} is outside of ${digest}`);
    for (let position = start; position < end; position += chunkSize) {
      options?.signal?.throwIfAborted();
      yield Uint8Array.from(bytes.subarray(position, Math.min(position + chunkSize, end)));
    }
  }

  async stat(digest: string): Promise<ContentInfo | undefined> {
    checkDigest(digest);
    const content = this.#memory.contents.get(digest);
    return content === undefined ? undefined : describe(content);
  }

  async delete(digest: string, options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    this.#memory.contents.delete(this.#find(digest).digest);
  }

  async *list(): AsyncIterable<ContentInfo> {
    yield* [...this.#memory.contents.values()].map(describe);
  }

  #find(digest: string): Content {
    checkDigest(digest);
    const content = this.#memory.contents.get(digest);
    if (content === undefined) throw new EngineError("not-found", `no content ${digest}`);
    return content;
  }
}

class MemoryContentWriter implements ContentWriter {
  readonly #memory: Memory;
  readonly #ref: string;
  readonly #draft: Draft;
  readonly #expected: ExpectedContent;

  constructor(memory: Memory, ref: string, draft: Draft, expected: ExpectedContent) {
    this.#memory = memory;
    this.#ref = ref;
    this.#draft = draft;
    this.#expected = expected;
  }

  get offset(): number {
    return this.#draft.chunks.reduce((sum, { length }) => sum + length, 0);
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#draft.chunks.push(Buffer.from(chunk));
  }

  async commit(options?: CallOptions): Promise<ContentInfo> {
    options?.signal?.throwIfAborted();
    await this.abort();
    const bytes = Buffer.concat(this.#draft.chunks);
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const { digest: wanted = digest, size = bytes.length } = this.#expected;
    if (digest !== wanted) throw new EngineError("invalid-argument", `content has digest ${digest}, not ${wanted}`);
    if (bytes.length !== size)
      throw new EngineError("invalid-argument", `content has ${bytes.length} bytes, not ${size}`);
    const content = this.#memory.contents.get(digest) ?? { digest, size, createdAt: new Date(), bytes };
    this.#memory.contents.set(digest, content);
    return describe(content);
  }

  async abort(): Promise<void> {
    this.#draft.open = false;
    if (this.#memory.drafts.get(this.#ref) === this.#draft) this.#memory.drafts.delete(this.#ref);
  }

  async close(): Promise<void> {
    this.#draft.open = false;
  }
}

function describe({ digest, size, createdAt }: Content): ContentInfo {
  return { digest, size, createdAt };
}

function checkDigest(digest: string): void {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw new EngineError("invalid-argument", `malformed digest ${JSON.stringify(digest)}: sha256 and 64 hex digits`);
  }
}

export const memoryImageStore = definePlugin<MemoryOptions>({
  name: "@gantry/testkit/memory-image-store",
  provides: [ImageStore],
  register: (registrar, options) => registrar.value(ImageStore, new MemoryImageStore(options)),
});
