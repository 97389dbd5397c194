import { randomBytes } from "node:crypto";

import { detectCompression } from "@gantry/archive";
import { EngineError } from "@gantry/core";
import type { CallOptions, ContentInfo, ImageStore } from "@gantry/core";
import {
  canonicalReference,
  digestOf,
  mediaTypes,
  noImageDefaults,
  parseDigest,
  parseReference,
  platformOf,
  serializeImageConfig,
  withDefaultTag,
} from "@gantry/oci";
import type { ImageConfig, ImageDefaults, ImageManifest } from "@gantry/oci";

import { parsed } from "../engine-errors.ts";
import type { ImportOptions } from "../engine.ts";
import { now, timestamp } from "../timestamps.ts";
import type { ImageCatalog } from "./image-catalog.ts";
import type { ImageContents } from "./image-contents.ts";
import type { ImageRecord } from "./image-record.ts";
import type { LayerUnpacker } from "./layer-unpacker.ts";

export interface LayerImporterParts {
  store: ImageStore;
  catalog: ImageCatalog;
  contents: ImageContents;
  unpacker: LayerUnpacker;
}

const layerTypes: Readonly<Record<string, string>> = {
  none: mediaTypes.ociLayer,
  gzip: mediaTypes.ociLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
};

/** Makes an image of one layer out of a tar stream, plain or compressed with gzip or zstd. */
export class LayerImporter {
  readonly #parts: LayerImporterParts;

  constructor(parts: LayerImporterParts) {
    this.#parts = parts;
  }

  async import(layer: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<{ id: string }> {
    const canonical =
      options.name === undefined
        ? undefined
        : canonicalReference(withDefaultTag(parsed(() => parseReference(options.name!))));
    const call: CallOptions = options.signal === undefined ? {} : { signal: options.signal };
    const { contents, unpacker, catalog } = this.#parts;
    const key = randomBytes(16).toString("hex");
    const { info, mediaType } = await this.#store(key, layer, call);
    const unpin = contents.pin([info.digest]);
    try {
      const applied = await unpacker.unpackNew(key, contents.open(info.digest, call), call);
      const unpinChain = contents.pin([applied.diffId]);
      try {
        const blob = { mediaType, digest: parseDigest(info.digest), size: info.size };
        const image = await this.#describe(blob, applied.diffId, applied.contentSize, options, call);
        const manifestDigest = image.manifestDigests[0]!;
        const record = { imageId: image.id, manifestDigest, updatedAt: timestamp(now()) };
        await catalog.put(image, canonical === undefined ? undefined : { canonical, record });
        return { id: image.id };
      } finally {
        unpinChain();
      }
    } finally {
      unpin();
    }
  }

  async #store(
    key: string,
    layer: AsyncIterable<Uint8Array>,
    call: CallOptions,
  ): Promise<{ info: ContentInfo; mediaType: string }> {
    const writer = await this.#parts.store.writer(`import-${key}`, undefined, call);
    let mediaType: string | undefined;
    try {
      for await (const chunk of layer) {
        mediaType ??= layerType(chunk);
        await writer.write(chunk);
      }
      return { info: await writer.commit(call), mediaType: mediaType ?? mediaTypes.ociLayer };
    } catch (thrown) {
      await writer.abort();
      throw thrown;
    }
  }

  /** Stores configuration and manifest of the new image. */
  async #describe(
    blob: ImageManifest["layers"][number],
    diffId: string,
    contentSize: number,
    { config, comment }: ImportOptions,
    call: CallOptions,
  ): Promise<ImageRecord> {
    const createdAt = timestamp(now());
    const defaults: ImageDefaults = { ...noImageDefaults, ...config };
    const imageConfig: ImageConfig = {
      ...platformOf(process.arch),
      created: createdAt,
      config: defaults,
      diffIds: [parseDigest(diffId)],
      history: [{ created: createdAt, comment: comment ?? "Imported from -" }],
    };
    const configText = serializeImageConfig(imageConfig);
    const configDescriptor = describe(mediaTypes.ociConfig, configText);
    const manifest: ImageManifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: configDescriptor,
      layers: [blob],
    };
    const manifestText = JSON.stringify(manifest);
    const manifestDescriptor = describe(mediaTypes.ociManifest, manifestText);
    await this.#parts.contents.put(configDescriptor, configText, call);
    await this.#parts.contents.put(manifestDescriptor, manifestText, call);
    return {
      id: configDescriptor.digest,
      manifestDigests: [manifestDescriptor.digest],
      createdAt,
      architecture: imageConfig.architecture,
      defaults,
      layers: [{ chainId: diffId, digest: blob.digest, size: contentSize }],
    };
  }
}

function describe(mediaType: string, text: string): ImageManifest["config"] {
  return { mediaType, digest: digestOf(text), size: Buffer.byteLength(text) };
}

function layerType(start: Uint8Array): string {
  const compression = detectCompression(start);
  const type = layerTypes[compression];
  if (type !== undefined) return type;
  throw new EngineError("unsupported", `cannot import a ${compression} archive as a layer: use tar, gzip or zstd`);
}
