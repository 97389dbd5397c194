import path from "node:path/posix";

import { decompress, readTar } from "@gantry/archive";
import type { CallOptions } from "@gantry/core";
import { encodedPart, isDigest } from "@gantry/oci";
import type { Digest } from "@gantry/oci";

import { invalidArgument } from "../engine-errors.ts";
import type { ImageContents } from "./image-contents.ts";

/** More names than an archive of a thousand images of a hundred layers has. */
const maximumEntries = 400_000;
const maximumLinks = 32;

/**
 * The files of an archive of images. It is read once, in whatever order it is, and each file goes into the store as it comes: what
 * is kept in memory is their names and digests.
 */
export class ImageArchive {
  readonly #contents: ImageContents;
  readonly #call: CallOptions;
  readonly #digests = new Map<string, Digest>();
  readonly #links = new Map<string, string>();
  readonly #pins: (() => void)[] = [];

  constructor(contents: ImageContents, call: CallOptions) {
    this.#contents = contents;
    this.#call = call;
  }

  /** Digests of all that was put into the store, or was there. */
  get stored(): ReadonlySet<string> {
    return new Set(this.#digests.values());
  }

  /**
   * Errors: `invalid-argument` for a malformed archive, and for a file whose name is a digest and not its own.
   * @param stream plain or compressed
   */
  async read(stream: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const entry of readTar(decompress(stream))) {
      this.#call.signal?.throwIfAborted();
      if (this.#digests.size + this.#links.size >= maximumEntries) {
        throw invalidArgument(`the archive has more than ${maximumEntries} files: it is no archive of images`);
      }
      this.#links.delete(entry.path);
      this.#digests.delete(entry.path);
      if (entry.type === "file") await this.#store(entry.path, entry.content);
      if (entry.type === "symlink")
        this.#links.set(entry.path, path.join(path.dirname(entry.path), entry.linkTarget ?? ""));
      if (entry.type === "hard-link") this.#links.set(entry.path, entry.linkTarget ?? "");
    }
  }

  async #store(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    const expected = digestInName(name);
    const { digest, unpin } = await this.#contents.storeNew(
      content,
      this.#call,
      expected === undefined ? {} : { digest: expected },
    );
    this.#pins.push(unpin);
    this.#digests.set(name, digest as Digest);
  }

  has(name: string): boolean {
    return this.#resolve(name) !== undefined;
  }

  /** Errors: `invalid-argument` when there is no such file. */
  digest(name: string): Digest {
    const digest = this.#resolve(name);
    if (digest !== undefined) return digest;
    throw invalidArgument(`the archive is not whole: ${JSON.stringify(name)} is missing`, { path: name });
  }

  /** The small file of that name. */
  async document(name: string): Promise<Uint8Array> {
    return this.#contents.readWhole(this.digest(name), this.#call);
  }

  async json(name: string): Promise<unknown> {
    try {
      return JSON.parse(Buffer.from(await this.document(name)).toString());
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown;
      throw invalidArgument(`${name} of the archive is no JSON document`, { path: name });
    }
  }

  /** Puts a document beside the archive's own. */
  async add(descriptor: { mediaType: string; digest: Digest; size: number }, document: string): Promise<void> {
    this.#pins.push(this.#contents.pin([descriptor.digest]));
    await this.#contents.put(descriptor, document, this.#call);
  }

  size(digest: string): Promise<number | undefined> {
    return this.#contents.sizeOf(digest, this.#call);
  }

  /** The first bytes of a file. */
  async start(digest: string, bytes: number): Promise<Uint8Array> {
    return this.#contents.start(digest, bytes, this.#call);
  }

  /** Lets go of what is in the store. */
  close(): void {
    for (const unpin of this.#pins.splice(0)) unpin();
  }

  #resolve(name: string): Digest | undefined {
    let current = path.normalize(name);
    for (let links = 0; links < maximumLinks; links += 1) {
      const target = this.#links.get(current);
      if (target === undefined) return this.#digests.get(current);
      current = path.normalize(target);
    }
    return undefined;
  }
}

/** Of `blobs/sha256/HEX`, and of the `HEX.json` that an old archive calls a configuration. */
function digestInName(name: string): Digest | undefined {
  const hex = /^(?:blobs\/sha256\/([a-f0-9]{64})|([a-f0-9]{64})\.json)$/.exec(name);
  const digest = hex && `sha256:${hex[1] ?? hex[2]}`;
  return digest && isDigest(digest) ? digest : undefined;
}

/** Where an OCI layout keeps a blob. */
export function blobName(digest: string): string {
  return `blobs/sha256/${encodedPart(digest)}`;
}
