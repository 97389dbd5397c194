import { createHash } from "node:crypto";

import { FormatError } from "./format-error.ts";

/** `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

export function isDigest(text: string): text is Digest {
  return /^sha256:[a-f0-9]{64}$/.test(text);
}

/** Throws a {@link FormatError} unless the text is a digest of the one algorithm that is used in practice. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new FormatError(`invalid digest "${text}": expected sha256: and 64 lower-case hexadecimal digits`);
}

export function digestOf(content: Uint8Array | string): Digest {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** The hexadecimal part. */
export function encodedPart(digest: string): string {
  return digest.slice(digest.indexOf(":") + 1);
}

/** The twelve digits that people read. */
export function shortDigest(digest: string): string {
  return encodedPart(digest).slice(0, 12);
}

/** Collects the digest of a stream. */
export class Digester {
  readonly #hash = createHash("sha256");

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
  }

  /** To be called once, at the end. */
  digest(): Digest {
    return `sha256:${this.#hash.digest("hex")}`;
  }
}
