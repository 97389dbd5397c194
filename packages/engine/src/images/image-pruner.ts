import { isEngineError } from "@gantry/core";
import type { CallOptions } from "@gantry/core";

import type { ContainerRecord } from "../containers/container-record.ts";
import type { RemovedImage } from "../engine.ts";
import type { Filters } from "../face/container-verbs.ts";
import type { PrunedImages } from "../face/image-verbs.ts";
import { booleanFilter, pruneFilter } from "../filters/prune-filter.ts";
import type { ImageCatalog } from "./image-catalog.ts";

export interface ImagePrunerParts {
  catalog: ImageCatalog;
  containers: () => readonly ContainerRecord[];
  remove: (reference: string) => Promise<RemovedImage>;
}

/** Removes images that nobody uses. */
export class ImagePruner {
  readonly #parts: ImagePrunerParts;

  constructor(parts: ImagePrunerParts) {
    this.#parts = parts;
  }

  /** Those without a name; with `dangling=false` all that no container stands on. */
  async prune(filters: Filters = {}, call: CallOptions = {}): Promise<PrunedImages> {
    const { catalog, containers, remove } = this.#parts;
    const onlyNameless = booleanFilter(filters, "dangling", true);
    const wanted = pruneFilter(filters, ["dangling"]);
    const names = catalog.namesByImage();
    const used = new Set(containers().map(({ imageId }) => imageId));
    const candidates = catalog
      .all()
      .filter(({ id, createdAt, defaults: { labels } }) => !used.has(id) && wanted({ labels, createdAt }))
      .filter(({ id }) => !onlyNameless || !names.has(id));
    const sizes = new Map(catalog.all().flatMap(({ layers }) => layers.map(({ chainId, size }) => [chainId, size])));
    const removed: RemovedImage[] = [];
    for (const { id } of candidates) {
      call.signal?.throwIfAborted();
      try {
        // By its names: an id that several repositories name is removed only by force.
        for (const reference of names.get(id) ?? [id]) removed.push(await remove(reference));
      } catch (thrown) {
        // A container was made of it meanwhile, or it is gone.
        if (!isEngineError(thrown, "conflict") && !isEngineError(thrown, "not-found")) throw thrown;
      }
    }
    const deleted = removed.flatMap((image) => image.deleted);
    return {
      untagged: removed.flatMap((image) => image.untagged),
      deleted,
      reclaimedBytes: deleted.reduce((total, key) => total + (sizes.get(key) ?? 0), 0),
    };
  }
}
