import type { CallOptions } from "@gantry/core";
import { familiarRepository, parseReference } from "@gantry/oci";

import type { ImageDetails, ImageHistoryEntry } from "../face/image-verbs.ts";
import { familiarName } from "./canonical-name.ts";
import type { ImageCatalog } from "./image-catalog.ts";
import type { ImageContents } from "./image-contents.ts";
import type { ImageRecord } from "./image-record.ts";
import { readConfig } from "./read-image.ts";

const missing = "<missing>";

/** Tells all that is known of an image. */
export class ImageInspector {
  readonly #catalog: ImageCatalog;
  readonly #contents: ImageContents;

  constructor(catalog: ImageCatalog, contents: ImageContents) {
    this.#catalog = catalog;
    this.#contents = contents;
  }

  async inspect(reference: string, call: CallOptions = {}): Promise<ImageDetails> {
    const { image } = this.#catalog.find(reference);
    return {
      record: image,
      configuration: await readConfig(this.#contents, image, call),
      tags: this.#tags(image),
      digests: imageDigests(this.#catalog, this.#catalog.namesOf(image.id)),
      parent: this.#parent(image)?.id ?? "",
      size: imageSize(image),
    };
  }

  /** Each step of an image that was made here is an image itself as long as nobody removes it. */
  async history(reference: string, call: CallOptions = {}): Promise<readonly ImageHistoryEntry[]> {
    const { image } = this.#catalog.find(reference);
    const { history } = await readConfig(this.#contents, image, call);
    let layer = 0;
    const steps = history.map(({ created = "", createdBy = "", comment = "", emptyLayer = false }) => {
      const size = emptyLayer ? 0 : (image.layers[layer++]?.size ?? 0);
      return { createdAt: created, createdBy, comment, size };
    });
    let current: ImageRecord | undefined = image;
    return steps.toReversed().map((step) => {
      const at = current;
      current = at && this.#parent(at);
      return { ...step, id: at?.id ?? missing, tags: at === undefined ? [] : this.#tags(at) };
    });
  }

  #parent({ parent }: ImageRecord): ImageRecord | undefined {
    return parent === undefined ? undefined : this.#catalog.get(parent);
  }

  #tags({ id }: ImageRecord): readonly string[] {
    return imageTags(this.#catalog.namesOf(id));
  }
}

/** Familiar names with tag. @param names canonical ones */
export function imageTags(names: readonly string[]): readonly string[] {
  return names.map(familiarName).filter((name) => !name.includes("@"));
}

/** `name@sha256:…` for the names that a source knows. */
export function imageDigests(catalog: ImageCatalog, names: readonly string[]): readonly string[] {
  const digests = names.flatMap((name) => {
    const record = catalog.name(name);
    if (record === undefined || record.local) return [];
    return [`${familiarRepository(parseReference(name))}@${record.manifestDigest}`];
  });
  return [...new Set(digests)];
}

/** Bytes of all layers, unpacked. */
export function imageSize({ layers }: Pick<ImageRecord, "layers">): number {
  return layers.reduce((total, { size }) => total + size, 0);
}
