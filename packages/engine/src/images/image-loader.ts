import type { CallOptions } from "@gantry/core";
import { chainIds, parseImageConfig, shortDigest } from "@gantry/oci";
import type { Digest, ImageConfig } from "@gantry/oci";

import { invalidArgument, parsed } from "../engine-errors.ts";
import type { LoadedImage, LoadOptions } from "../face/image-verbs.ts";
import type { ArchivedImage } from "./archived-image.ts";
import { familiarName } from "./canonical-name.ts";
import { dockerArchiveImages } from "./docker-archive.ts";
import { ImageArchive } from "./image-archive.ts";
import type { ImageContents } from "./image-contents.ts";
import type { ImageGarbage } from "./image-garbage.ts";
import type { ImageLayer } from "./image-record.ts";
import type { ImageWriter } from "./image-writer.ts";
import type { LayerUnpacker } from "./layer-unpacker.ts";
import { ociLayoutImages } from "./oci-layout.ts";

export interface ImageLoaderParts {
  contents: ImageContents;
  unpacker: LayerUnpacker;
  writer: ImageWriter;
  garbage: ImageGarbage;
}

/** Takes images out of archives: Docker's, of any age, and OCI layouts. */
export class ImageLoader {
  readonly #parts: ImageLoaderParts;

  constructor(parts: ImageLoaderParts) {
    this.#parts = parts;
  }

  async load(stream: AsyncIterable<Uint8Array>, options: LoadOptions = {}): Promise<readonly LoadedImage[]> {
    const call: CallOptions = options.signal === undefined ? {} : { signal: options.signal };
    const archive = new ImageArchive(this.#parts.contents, call);
    const loaded: LoadedImage[] = [];
    try {
      await archive.read(stream);
      for (const image of await imagesOf(archive)) loaded.push(await this.#load(image, options, call));
    } catch (thrown) {
      archive.close();
      await this.#parts.garbage.sweep();
      throw thrown;
    }
    archive.close();
    // What was in the archive and belongs to no image.
    for (const digest of archive.stored) await this.#parts.garbage.collectBlob(digest);
    return loaded;
  }

  async #load(
    { config: content, configDigest, manifestDigest, layers: blobs, names }: ArchivedImage,
    { progress }: LoadOptions,
    call: CallOptions,
  ): Promise<LoadedImage> {
    const { unpacker, contents, writer } = this.#parts;
    const config = parsed(() => parseImageConfig(content));
    const chain = checkedChain(config, blobs.length);
    const unpin = contents.pin(chain);
    try {
      const layers: ImageLayer[] = [];
      for (const [index, digest] of blobs.entries()) {
        const chainId = chain[index]!;
        progress?.({ id: shortDigest(config.diffIds[index]!), status: "Loading layer" });
        const layer = { chainId, diffId: config.diffIds[index]!, parent: chain[index - 1] };
        const size = await unpacker.unpack(layer, () => contents.open(digest, call), call);
        layers.push({ chainId, digest, size: size ?? (await unpacker.knownSize(chainId, call)) });
      }
      await writer.register({ id: configDigest, config, manifestDigest, layers, names });
      return { id: configDigest, tags: names.map(familiarName) };
    } finally {
      unpin();
    }
  }
}

async function imagesOf(archive: ImageArchive): Promise<readonly ArchivedImage[]> {
  if (archive.has("oci-layout") && archive.has("index.json")) return ociLayoutImages(archive);
  if (archive.has("manifest.json")) return dockerArchiveImages(archive);
  throw invalidArgument("the archive holds no images: neither manifest.json nor oci-layout is in it");
}

function checkedChain({ diffIds }: ImageConfig, layers: number): readonly Digest[] {
  if (diffIds.length === layers) return chainIds(diffIds);
  throw invalidArgument(`invalid image: it has ${layers} layers, its configuration ${diffIds.length}`);
}
