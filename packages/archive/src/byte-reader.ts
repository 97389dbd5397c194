import { archiveError } from "./archive-error.ts";

/** Reads a stream by numbers of bytes. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Between 1 and `limit` bytes; `undefined` at the end of the stream. */
  async some(limit: number): Promise<Uint8Array | undefined> {
    while (this.#chunk.length === 0) {
      const next = await this.#source.next();
      if (next.done) return undefined;
      this.#chunk = next.value;
    }
    const part = this.#chunk.subarray(0, limit);
    this.#chunk = this.#chunk.subarray(part.length);
    return part;
  }

  /** Exactly `size` bytes; `undefined` when the stream ends before the first. Throws when it ends between. */
  async exactly(size: number): Promise<Buffer | undefined> {
    const first = await this.some(size);
    if (!first) return undefined;
    if (first.length === size) return Buffer.from(first.buffer, first.byteOffset, size);
    const result = Buffer.alloc(size);
    result.set(first);
    for (let filled = first.length; filled < size;) {
      const part = await this.some(size - filled);
      if (!part) throw archiveError("ends in the middle of an entry");
      result.set(part, filled);
      filled += part.length;
    }
    return result;
  }

  /** As many bytes as there are, at most `size`. */
  async upTo(size: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let filled = 0;
    for (let part = await this.some(size); part; part = await this.some(size - filled)) {
      parts.push(part);
      filled += part.length;
      if (filled === size) break;
    }
    return Buffer.concat(parts);
  }

  async skip(size: number): Promise<void> {
    for (let left = size; left > 0;) {
      const part = await this.some(left);
      if (!part) throw archiveError("ends in the middle of an entry");
      left -= part.length;
    }
  }

  /** Reads on to the end of the stream. */
  async drain(): Promise<void> {
    while (await this.some(Number.MAX_SAFE_INTEGER));
  }

  /** Tells the source that nothing more is wanted. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
