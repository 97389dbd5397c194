import type { CallOptions } from "./call-options.ts";
import { token } from "./token.ts";

/**
 * Content by digest: layers, manifests, image configurations.
 *
 * **Words.** A *digest* is `sha256:` and 64 lower-case hexadecimal digits of the content's SHA-256. A *writer* collects
 * content under a reference (`ref`) that the caller chose; `commit` makes the content visible under its digest.
 *
 * **Rules.**
 * - Content is visible whole or not at all, and what is visible is durable (written, synchronised, renamed).
 * - A writer that was not committed can be taken up again under the same `ref`, also after a crash: `offset` says how many
 *   bytes it holds. `abort` throws it away. Two writers on one `ref` at a time: `conflict`.
 * - `commit` of content that is there already succeeds and keeps one copy.
 *
 * **Errors.** `not-found`: no such digest. `invalid-argument`: a malformed digest, or content whose digest or size is not
 * the expected one (the writer is then thrown away, and nothing becomes visible); a range outside of the content.
 * `unavailable`: no space left.
 */
export interface ImageStore {
  writer(ref: string, expected?: ExpectedContent, options?: CallOptions): Promise<ContentWriter>;
  /** The content, or a part of it, as a stream of chunks. */
  open(digest: string, range?: ContentRange, options?: CallOptions): AsyncIterable<Uint8Array>;
  /** `undefined` when it is not there. */
  stat(digest: string, options?: CallOptions): Promise<ContentInfo | undefined>;
  delete(digest: string, options?: CallOptions): Promise<void>;
  list(options?: CallOptions): AsyncIterable<ContentInfo>;
}
export const ImageStore = token<ImageStore>("ImageStore");

export interface ExpectedContent {
  digest?: string;
  size?: number;
}

/** In bytes; `end` is exclusive. */
export interface ContentRange {
  start: number;
  end?: number;
}

export interface ContentInfo {
  digest: string;
  size: number;
  createdAt: Date;
}

export interface ContentWriter {
  /** Bytes held so far. */
  readonly offset: number;
  write(chunk: Uint8Array): Promise<void>;
  commit(options?: CallOptions): Promise<ContentInfo>;
  abort(): Promise<void>;
  /** Keeps what was written for a later writer of the same `ref`. */
  close(): Promise<void>;
}
