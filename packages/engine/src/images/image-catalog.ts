import type { StateStore } from "@gantry/core";
import {
  canonicalReference,
  encodedPart,
  familiarReference,
  parseReference,
  repositoryOf,
  withDefaultTag,
} from "@gantry/oci";

import { invalidArgument, notFound, parsed } from "../engine-errors.ts";
import { PrefixIndex } from "../prefix-index.ts";
import type { ImageNameRecord, ImageRecord } from "./image-record.ts";

export const imagesBucket = "images";
export const imageNamesBucket = "image-names";

export interface FoundImage {
  image: ImageRecord;
  /** The canonical name, when it was found by one. */
  name?: string;
}

/** The images that are here and their names: written through to the state store, found in memory. */
export class ImageCatalog {
  readonly #state: StateStore;
  readonly #images = new Map<string, ImageRecord>();
  readonly #names = new Map<string, ImageNameRecord>();
  readonly #prefixes = new PrefixIndex();

  constructor(state: StateStore) {
    this.#state = state;
  }

  async load(): Promise<void> {
    for await (const { value } of this.#state.list<ImageRecord>(imagesBucket)) this.#remember(value);
    for await (const { key, value } of this.#state.list<ImageNameRecord>(imageNamesBucket)) this.#names.set(key, value);
  }

  all(): readonly ImageRecord[] {
    return [...this.#images.values()];
  }

  get(id: string): ImageRecord | undefined {
    return this.#images.get(id);
  }

  name(canonical: string): ImageNameRecord | undefined {
    return this.#names.get(canonical);
  }

  /** Canonical names by image id, in order. */
  namesByImage(): ReadonlyMap<string, readonly string[]> {
    const names = new Map<string, string[]>();
    for (const [name, { imageId }] of this.#names) {
      const list = names.get(imageId);
      if (list === undefined) names.set(imageId, [name]);
      else list.push(name);
    }
    for (const list of names.values()) list.sort();
    return names;
  }

  namesOf(imageId: string): readonly string[] {
    return this.namesByImage().get(imageId) ?? [];
  }

  /**
   * The image that a user means: by whole id, by name, by prefix of the id, in this order.
   * Errors: `not-found`, `invalid-argument`.
   */
  find(reference: string): FoundImage {
    const id = /^(?:sha256:)?([a-f0-9]{64})$/.exec(reference)?.[1];
    if (id !== undefined) {
      const image = this.#images.get(`sha256:${id}`);
      if (image) return { image };
      throw noSuchImage(reference);
    }
    const hex = /^(?:sha256:)?([a-f0-9]{1,63})$/.exec(reference)?.[1];
    const byName = reference.startsWith("sha256:") ? undefined : this.#findByName(reference);
    if (byName) return byName;
    if (hex !== undefined) {
      const found = this.#prefixes.find(hex);
      if (found.length > 1) throw invalidArgument(`Multiple IDs found with provided prefix: ${reference}`);
      const image = found[0] === undefined ? undefined : this.#images.get(`sha256:${found[0]}`);
      if (image) return { image };
    }
    throw noSuchImage(reference);
  }

  #findByName(text: string): FoundImage | undefined {
    const reference = withDefaultTag(parsed(() => parseReference(text)));
    const canonical = canonicalReference(reference);
    const exact = this.#names.get(canonical);
    if (exact) return this.#found(exact, canonical);
    if (reference.digest === undefined) return undefined;
    const repository = repositoryOf(reference);
    for (const [name, record] of this.#names) {
      if (record.manifestDigest !== reference.digest || repositoryOf(parseReference(name)) !== repository) continue;
      return this.#found(record, name);
    }
    return undefined;
  }

  #found({ imageId }: ImageNameRecord, name: string): FoundImage | undefined {
    const image = this.#images.get(imageId);
    return image && { image, name };
  }

  /** All names with a tag in the repository that a text without tag names; none for any other text. */
  namesIn(text: string): readonly FoundImage[] {
    const repository = repositoryNamed(text);
    if (repository === undefined) return [];
    return [...this.#names].flatMap(([name, { imageId }]) => {
      const reference = parseReference(name);
      const image = this.#images.get(imageId);
      return image && reference.tag !== undefined && repositoryOf(reference) === repository ? [{ image, name }] : [];
    });
  }

  /** Records an image, and what it is called from now on. */
  async put(image: ImageRecord, ...names: readonly { canonical: string; record: ImageNameRecord }[]): Promise<void> {
    await this.#state.transaction((transaction) => {
      transaction.put(imagesBucket, image.id, image);
      for (const { canonical, record } of names) transaction.put(imageNamesBucket, canonical, record);
    });
    this.#remember(image);
    for (const { canonical, record } of names) this.#names.set(canonical, record);
  }

  /** Forgets names, and the image itself when asked. */
  async delete(names: readonly string[], image?: ImageRecord): Promise<void> {
    await this.#state.transaction((transaction) => {
      for (const name of names) transaction.delete(imageNamesBucket, name);
      if (image) transaction.delete(imagesBucket, image.id);
    });
    for (const name of names) this.#names.delete(name);
    if (image) {
      this.#images.delete(image.id);
      this.#prefixes.delete(encodedPart(image.id));
    }
  }

  #remember(image: ImageRecord): void {
    this.#images.set(image.id, image);
    this.#prefixes.add(encodedPart(image.id));
  }
}

function repositoryNamed(text: string): string | undefined {
  try {
    const reference = parseReference(text);
    return reference.tag === undefined && reference.digest === undefined ? repositoryOf(reference) : undefined;
  } catch {
    return undefined;
  }
}

function noSuchImage(reference: string): Error {
  return notFound(`No such image: ${familiarOr(reference)}`, { image: reference });
}

function familiarOr(reference: string): string {
  try {
    return familiarReference(withDefaultTag(parseReference(reference)));
  } catch {
    return reference;
  }
}
