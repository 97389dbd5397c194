import { isEngineError } from "@gantry/core";
import type { CallOptions } from "@gantry/core";

import type { Images, ImportOptions, PullOptions, RemovedImage } from "../engine.ts";
import type { ImageEvents } from "../events/image-events.ts";
import type { Filters } from "../face/container-verbs.ts";
import type { ImageDetails, ImageHistoryEntry, LoadedImage, LoadOptions, PrunedImages } from "../face/image-verbs.ts";
import { now, timestamp } from "../timestamps.ts";
import { canonicalName, familiarName } from "./canonical-name.ts";
import type { ImageCatalog } from "./image-catalog.ts";
import { imageDigests, imageSize, imageTags } from "./image-inspector.ts";
import type { ImageInspector } from "./image-inspector.ts";
import type { ImageLoader } from "./image-loader.ts";
import type { ImagePruner } from "./image-pruner.ts";
import type { ImagePuller } from "./image-puller.ts";
import type { ImageSummary } from "./image-record.ts";
import type { ImageRemover } from "./image-remover.ts";
import type { ImageSaver } from "./image-saver.ts";
import type { LayerImporter } from "./layer-importer.ts";

export interface LocalImagesParts {
  catalog: ImageCatalog;
  puller: ImagePuller;
  importer: LayerImporter;
  inspector: ImageInspector;
  saver: ImageSaver;
  loader: ImageLoader;
  remover: ImageRemover;
  pruner: ImagePruner;
  events: ImageEvents;
}

/** The verbs of images. */
export class LocalImages implements Images {
  readonly #parts: LocalImagesParts;

  constructor(parts: LocalImagesParts) {
    this.#parts = parts;
  }

  async list(): Promise<readonly ImageSummary[]> {
    const { catalog } = this.#parts;
    const byImage = catalog.namesByImage();
    return catalog
      .all()
      .map((image): ImageSummary => {
        const names = byImage.get(image.id) ?? [];
        const { parent } = image;
        return {
          id: image.id,
          tags: imageTags(names),
          digests: imageDigests(catalog, names),
          createdAt: image.createdAt,
          size: imageSize(image),
          labels: image.defaults.labels,
          ...(parent === undefined || catalog.get(parent) === undefined ? {} : { parent }),
        };
      })
      .toSorted((left, right) => Date.parse(right.createdAt) - Date.parse(left.createdAt));
  }

  async pull(reference: string, options: PullOptions = {}): Promise<{ id: string; digest: string; upToDate: boolean }> {
    const pulled = await this.#parts.puller.pull(reference, options);
    this.#parts.events.emit("pull", reference);
    return pulled;
  }

  async importLayer(layer: AsyncIterable<Uint8Array>, options: ImportOptions = {}): Promise<{ id: string }> {
    const imported = await this.#parts.importer.import(layer, options);
    this.#parts.events.emit("import", imported.id);
    return imported;
  }

  async has(reference: string): Promise<boolean> {
    try {
      this.#parts.catalog.find(reference);
      return true;
    } catch (thrown) {
      if (isEngineError(thrown, "not-found")) return false;
      throw thrown;
    }
  }

  async inspect(reference: string, call?: CallOptions): Promise<ImageDetails> {
    return this.#parts.inspector.inspect(reference, call);
  }

  async history(reference: string, call?: CallOptions): Promise<readonly ImageHistoryEntry[]> {
    return this.#parts.inspector.history(reference, call);
  }

  async tag(reference: string, name: string): Promise<void> {
    const { catalog, events } = this.#parts;
    const canonical = canonicalName(name);
    const { image } = catalog.find(reference);
    const manifestDigest = image.manifestDigests[0]!;
    const record = { imageId: image.id, manifestDigest, updatedAt: timestamp(now()), local: true };
    await catalog.put(image, { canonical, record });
    events.emit("tag", image.id, familiarName(canonical), image.defaults.labels);
  }

  async *save(references: readonly string[], call?: CallOptions): AsyncGenerator<Uint8Array> {
    const { saver, events } = this.#parts;
    yield* saver.save(references, call, (id) => events.emit("save", id));
  }

  async load(archive: AsyncIterable<Uint8Array>, options?: LoadOptions): Promise<readonly LoadedImage[]> {
    const loaded = await this.#parts.loader.load(archive, options);
    for (const { id, tags } of loaded) this.#parts.events.emit("load", id, tags[0]);
    return loaded;
  }

  async remove(reference: string, options: { force?: boolean } = {}): Promise<RemovedImage> {
    return this.#parts.remover.remove(reference, options.force ?? false);
  }

  async prune(filters?: Filters, call?: CallOptions): Promise<PrunedImages> {
    const pruned = await this.#parts.pruner.prune(filters, call);
    this.#parts.events.pruned(pruned.reclaimedBytes);
    return pruned;
  }
}
