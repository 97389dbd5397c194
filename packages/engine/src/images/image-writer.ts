import type { CallOptions } from "@gantry/core";
import { digestOf, mediaTypes, serializeImageConfig } from "@gantry/oci";
import type { Descriptor, ImageConfig, ImageManifest } from "@gantry/oci";

import { now, timestamp } from "../timestamps.ts";
import type { ImageCatalog } from "./image-catalog.ts";
import type { ImageContents } from "./image-contents.ts";
import type { ImageLayer, ImageRecord } from "./image-record.ts";

export interface NewImage {
  config: ImageConfig;
  /** From the lowest up, each with its blob, which is stored and pinned, and its snapshot. */
  layers: readonly { blob: Descriptor; layer: ImageLayer }[];
  /** The id of the image that it was made from. */
  parent?: string;
  /** Canonical. */
  name?: string | undefined;
}

export interface StoredImage {
  /** The digest of its configuration. */
  id: string;
  config: ImageConfig;
  manifestDigest: string;
  layers: readonly ImageLayer[];
  parent?: string | undefined;
  /** Canonical. */
  names: readonly string[];
}

/** Records images that are made here: configuration and manifest as documents, then the record with its names, at once. */
export class ImageWriter {
  readonly #catalog: ImageCatalog;
  readonly #contents: ImageContents;

  constructor(catalog: ImageCatalog, contents: ImageContents) {
    this.#catalog = catalog;
    this.#contents = contents;
  }

  async write({ config, layers, parent, name }: NewImage, call: CallOptions): Promise<ImageRecord> {
    const text = serializeImageConfig(config);
    const descriptor = describe(mediaTypes.ociConfig, text);
    const { manifest, document } = manifestOf(
      descriptor,
      layers.map(({ blob }) => blob),
    );
    const unpin = this.#contents.pin([descriptor.digest, manifest.digest]);
    try {
      await this.#contents.put(descriptor, text, call);
      await this.#contents.put(manifest, document, call);
      return await this.register({
        id: descriptor.digest,
        config,
        manifestDigest: manifest.digest,
        layers: layers.map(({ layer }) => layer),
        parent,
        names: name === undefined ? [] : [name],
      });
    } finally {
      unpin();
    }
  }

  /** Records an image whose documents and layers are all here and pinned. */
  async register(image: StoredImage): Promise<ImageRecord> {
    const { id, config, manifestDigest, layers, parent, names } = image;
    const known = this.#catalog.get(id);
    const ancestor = parent ?? known?.parent;
    const record: ImageRecord = {
      id,
      manifestDigests: [...new Set([...(known?.manifestDigests ?? []), manifestDigest])],
      createdAt: config.created ?? timestamp(0n),
      architecture: config.architecture,
      defaults: config.config,
      layers,
      ...(ancestor === undefined ? {} : { parent: ancestor }),
    };
    const name = { imageId: id, manifestDigest, updatedAt: timestamp(now()), local: true };
    await this.#catalog.put(record, ...names.map((canonical) => ({ canonical, record: name })));
    return record;
  }
}

/** The manifest of an image whose configuration and layers are known: the same parts give the same bytes. */
export function manifestOf(
  config: Descriptor,
  layers: readonly Descriptor[],
): { manifest: Descriptor; document: string } {
  const manifest: ImageManifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers };
  const document = JSON.stringify(manifest);
  return { manifest: describe(mediaTypes.ociManifest, document), document };
}

function describe(mediaType: string, text: string): Descriptor {
  return { mediaType, digest: digestOf(text), size: Buffer.byteLength(text) };
}
