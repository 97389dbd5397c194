import { decompress, detectCompression } from "@gantry/archive";
import type { CallOptions } from "@gantry/core";
import { mediaTypes, noImageDefaults, parseDigest, platformOf } from "@gantry/oci";
import type { ImageConfig } from "@gantry/oci";

import type { ImportOptions } from "../engine.ts";
import { now, timestamp } from "../timestamps.ts";
import { canonicalName } from "./canonical-name.ts";
import { applyChanges } from "./changes/apply-changes.ts";
import type { ImageContents } from "./image-contents.ts";
import type { ImageGarbage } from "./image-garbage.ts";
import type { ImageWriter } from "./image-writer.ts";
import type { LayerUnpacker } from "./layer-unpacker.ts";

export interface LayerImporterParts {
  contents: ImageContents;
  unpacker: LayerUnpacker;
  writer: ImageWriter;
  garbage: ImageGarbage;
}

/** The media type of a layer as it is stored, by its compression. */
export const layerTypes = {
  none: mediaTypes.ociLayer,
  gzip: mediaTypes.ociLayerGzip,
  zstd: mediaTypes.ociLayerZstd,
} as const;

/** Bytes that tell every compression. */
const longestMagic = 6;

/**
 * Makes an image of one layer out of a tar stream, plain or compressed. What is compressed in a way that images do not know
 * (bzip2, xz) is kept uncompressed.
 */
export class LayerImporter {
  readonly #parts: LayerImporterParts;

  constructor(parts: LayerImporterParts) {
    this.#parts = parts;
  }

  async import(layer: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<{ id: string }> {
    const name = options.name === undefined ? undefined : canonicalName(options.name);
    const defaults = applyChanges({ ...noImageDefaults, ...options.config }, options.changes ?? []);
    const call: CallOptions = options.signal === undefined ? {} : { signal: options.signal };
    const { contents, unpacker, writer, garbage } = this.#parts;
    const { content, mediaType } = await storable(layer);
    const { digest, size, unpin } = await contents.storeNew(content, call);
    const pins = [unpin];
    try {
      const { diffId, contentSize } = await unpacker.unpackNew(
        contents.open(digest, call),
        (chainId) => pins.push(contents.pin([chainId])),
        call,
      );
      const created = timestamp(now());
      const config: ImageConfig = {
        ...platformOf(process.arch),
        created,
        config: defaults,
        diffIds: [parseDigest(diffId)],
        history: [{ created, comment: options.comment ?? "Imported from -" }],
      };
      const blob = { mediaType, digest: parseDigest(digest), size };
      const layers = [{ blob, layer: { chainId: diffId, digest, size: contentSize } }];
      const { id } = await writer.write({ config, layers, name }, call);
      return { id };
    } finally {
      for (const release of pins) release();
      await garbage.collectBlob(digest);
    }
  }
}

/** The layer in a form that a manifest can name. */
async function storable(
  layer: AsyncIterable<Uint8Array>,
): Promise<{ content: AsyncIterable<Uint8Array>; mediaType: string }> {
  const chunks = layer[Symbol.asyncIterator]();
  const start: Uint8Array[] = [];
  let next = await chunks.next();
  for (let bytes = 0; !next.done && bytes < longestMagic; next = await chunks.next()) {
    start.push(next.value);
    bytes += next.value.length;
  }
  if (!next.done) start.push(next.value);
  const compression = detectCompression(Buffer.concat(start));
  const content = resumed(start, chunks);
  if (compression === "bzip2" || compression === "xz") {
    return { content: decompress(content), mediaType: layerTypes.none };
  }
  return { content, mediaType: layerTypes[compression] };
}

async function* resumed(start: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* start;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
