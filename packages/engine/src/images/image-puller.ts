import { EngineError } from "@gantry/core";
import type {
  CallOptions,
  ContentDescriptor,
  ImageSource,
  ProgressEvent,
  ResolvedImage,
  StorageDriver,
} from "@gantry/core";
import {
  canonicalReference,
  chainIds,
  familiarReference,
  formatPlatform,
  isIndexType,
  layerCompression,
  parseImageConfig,
  parseIndex,
  parseManifest,
  parseReference,
  platformOf,
  selectPlatform,
  shortDigest,
  withDefaultTag,
} from "@gantry/oci";
import type { Descriptor, ImageConfig, ImageManifest } from "@gantry/oci";

import { notFound, parsed } from "../engine-errors.ts";
import type { PullOptions } from "../engine.ts";
import { now, timestamp } from "../timestamps.ts";
import type { ImageCatalog } from "./image-catalog.ts";
import type { ImageContents } from "./image-contents.ts";
import type { ImageLayer } from "./image-record.ts";
import type { LayerUnpacker } from "./layer-unpacker.ts";
import { ConcurrencyLimit } from "./concurrency-limit.ts";

const parallelDownloads = 3;

export interface ImagePullerParts {
  sources: readonly ImageSource[];
  catalog: ImageCatalog;
  contents: ImageContents;
  unpacker: LayerUnpacker;
  storage: StorageDriver;
}

interface Pull {
  image: ResolvedImage;
  call: CallOptions;
  report: (event: ProgressEvent) => void;
  /** Keeps a digest or chain id from being removed while the pull goes on. */
  pin: (...keys: string[]) => void;
}

/** Gets images from their sources: manifest, configuration and layers into the store, layers into snapshots. */
export class ImagePuller {
  readonly #parts: ImagePullerParts;

  constructor(parts: ImagePullerParts) {
    this.#parts = parts;
  }

  async pull(text: string, options: PullOptions): Promise<{ id: string; digest: string; upToDate: boolean }> {
    const reference = withDefaultTag(parsed(() => parseReference(text)));
    const source = this.#parts.sources.find((candidate) => candidate.accepts(text));
    if (source === undefined) {
      throw notFound(
        `No such image: ${familiarReference(reference)}: nothing here gets images of this name; see \`docker images\`, or bring it by \`docker load\` or \`docker import\``,
      );
    }
    const report = options.progress ?? (() => {});
    const call = options.signal === undefined ? {} : { signal: options.signal };
    const image = await source.resolve(text, { ...call, progress: report });
    const unpin: (() => void)[] = [];
    const pin = (...keys: string[]): void => void unpin.push(this.#parts.contents.pin(keys));
    try {
      const canonical = canonicalReference(reference);
      const before = this.#parts.catalog.name(canonical);
      const id = await this.#fetchImage({ image, call, report, pin }, canonical);
      const { digest } = image.manifest;
      const upToDate = before?.imageId === id && before.manifestDigest === digest;
      report({ status: `Digest: ${digest}` });
      const outcome = upToDate ? "Image is up to date" : "Downloaded newer image";
      report({ status: `Status: ${outcome} for ${familiarReference(reference)}` });
      return { id, digest, upToDate };
    } finally {
      for (const release of unpin) release();
      await image.close();
    }
  }

  async #fetchImage(pull: Pull, canonical: string): Promise<string> {
    const { catalog } = this.#parts;
    const { descriptor, manifest, index } = await this.#fetchManifest(pull);
    const config = parsed(() => parseImageConfigOf(manifest, descriptor));
    const content = await this.#fetchDocument(pull, config);
    const imageConfig = parsed(() => parseImageConfig(content));
    const layers = await this.#fetchLayers(pull, manifest, imageConfig);
    const known = catalog.get(config.digest)?.manifestDigests ?? [];
    const manifestDigests = [...new Set([descriptor.digest, ...(index ? [index.digest] : []), ...known])];
    await catalog.put(
      {
        id: config.digest,
        manifestDigests,
        createdAt: imageConfig.created ?? timestamp(0n),
        architecture: imageConfig.architecture,
        defaults: imageConfig.config,
        layers,
      },
      {
        canonical,
        record: {
          imageId: config.digest,
          manifestDigest: pull.image.manifest.digest,
          updatedAt: timestamp(now()),
        },
      },
    );
    return config.digest;
  }

  /** The manifest for this machine, through an index where there is one. */
  async #fetchManifest(
    pull: Pull,
  ): Promise<{ descriptor: ContentDescriptor; manifest: ImageManifest; index?: ContentDescriptor }> {
    const top = pull.image.manifest;
    const document = await this.#fetchDocument(pull, top);
    if (!isIndexType(top.mediaType)) return { descriptor: top, manifest: parsed(() => parseManifest(document)) };
    const wanted = platformOf(process.arch);
    const descriptor = selectPlatform(parsed(() => parseIndex(document)).manifests, wanted);
    if (descriptor === undefined) {
      throw notFound(`no matching manifest for ${formatPlatform(wanted)} in the manifest list entries`);
    }
    const content = await this.#fetchDocument(pull, descriptor);
    return { descriptor, manifest: parsed(() => parseManifest(content)), index: top };
  }

  async #fetchDocument({ image, call, pin }: Pull, descriptor: ContentDescriptor): Promise<Uint8Array> {
    const { contents } = this.#parts;
    pin(descriptor.digest);
    await contents.ensure(descriptor, { fetch: (offset) => image.fetch(descriptor, { ...call, offset }) }, call);
    return contents.read(descriptor, call);
  }

  /** Downloads several layers at a time and unpacks them in order. */
  async #fetchLayers(pull: Pull, manifest: ImageManifest, config: ImageConfig): Promise<readonly ImageLayer[]> {
    if (manifest.layers.length !== config.diffIds.length) {
      const counts = `${manifest.layers.length} layers, its configuration ${config.diffIds.length}`;
      throw new EngineError("invalid-argument", `invalid image: its manifest has ${counts}`);
    }
    for (const { mediaType } of manifest.layers) parsed(() => layerCompression(mediaType));
    const chain = chainIds(config.diffIds);
    pull.pin(...chain, ...manifest.layers.map(({ digest }) => digest));
    const failed = new AbortController();
    const signal = pull.call.signal ? AbortSignal.any([pull.call.signal, failed.signal]) : failed.signal;
    const call = { ...pull.call, signal };
    const limit = new ConcurrencyLimit(parallelDownloads);
    for (const { digest } of manifest.layers) pull.report({ id: shortDigest(digest), status: "Pulling fs layer" });
    const downloads = manifest.layers.map((layer) => limit.run(() => this.#download({ ...pull, call }, layer)));
    try {
      const layers: ImageLayer[] = [];
      for (const [index, descriptor] of manifest.layers.entries()) {
        await downloads[index];
        const layer = { chainId: chain[index]!, diffId: config.diffIds[index]!, parent: chain[index - 1] };
        layers.push(await this.#unpack({ ...pull, call }, descriptor, layer));
      }
      return layers;
    } catch (thrown) {
      failed.abort(thrown);
      throw thrown;
    } finally {
      await Promise.allSettled(downloads);
    }
  }

  async #download({ image, call, report }: Pull, layer: Descriptor): Promise<void> {
    const id = shortDigest(layer.digest);
    const here = await this.#parts.contents.ensure(
      layer,
      {
        fetch: (offset) => image.fetch(layer, { ...call, offset }),
        progress: (current) => report({ id, status: "Downloading", current, total: layer.size }),
      },
      call,
    );
    if (!here) report({ id, status: "Download complete" });
  }

  async #unpack(
    { call, report }: Pull,
    { digest }: Descriptor,
    layer: { chainId: string; diffId: string; parent: string | undefined },
  ): Promise<ImageLayer> {
    const id = shortDigest(digest);
    const content = (): AsyncIterable<Uint8Array> => {
      report({ id, status: "Extracting" });
      return this.#parts.contents.open(digest, call);
    };
    const size = await this.#parts.unpacker.unpack(layer, content, call);
    report({ id, status: size === undefined ? "Already exists" : "Pull complete" });
    return { chainId: layer.chainId, digest, size: size ?? (await this.#knownSize(layer.chainId, call)) };
  }

  async #knownSize(chainId: string, call: CallOptions): Promise<number> {
    const known = this.#parts.catalog
      .all()
      .flatMap(({ layers }) => layers)
      .find((layer) => layer.chainId === chainId);
    return known?.size ?? (await this.#parts.storage.usage(chainId, call)).bytes;
  }
}

/** A manifest's configuration, which for an image is the image's configuration. */
function parseImageConfigOf(manifest: ImageManifest, { digest }: ContentDescriptor): Descriptor {
  const { mediaType } = manifest.config;
  if (mediaType.endsWith("config.v1+json") || mediaType.endsWith("container.image.v1+json")) return manifest.config;
  throw new EngineError("unsupported", `${digest} is no container image: its configuration is of type ${mediaType}`);
}
