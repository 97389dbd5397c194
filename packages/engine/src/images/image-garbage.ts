import { isEngineError, messageOf } from "@gantry/core";
import type { Logger, SnapshotInfo, StorageDriver } from "@gantry/core";
import { isDigest } from "@gantry/oci";

import { chainOfInitLayer, initLayerKey, unpackPrefix, viewPrefix } from "../snapshot-keys.ts";
import type { ImageCatalog } from "./image-catalog.ts";
import type { ImageContents } from "./image-contents.ts";
import type { ImageRecord } from "./image-record.ts";

/** Of the keys of snapshots that are there for the length of a call. */
const unfinishedPrefixes = [unpackPrefix, viewPrefix];

/** Removes blobs and snapshots that no image names. A snapshot that a container stands on stays: its driver says so. */
export class ImageGarbage {
  readonly #catalog: ImageCatalog;
  readonly #contents: ImageContents;
  readonly #storage: StorageDriver;
  readonly #logger: Logger;

  constructor(catalog: ImageCatalog, contents: ImageContents, storage: StorageDriver, logger: Logger) {
    this.#catalog = catalog;
    this.#contents = contents;
    this.#storage = storage;
    this.#logger = logger;
  }

  /**
   * Removes what an image that is no longer in the catalog has left.
   * @returns the chain ids of the layers that are gone, the uppermost first
   */
  async collect(image: Pick<ImageRecord, "id" | "manifestDigests" | "layers">): Promise<readonly string[]> {
    const deleted: string[] = [];
    for (const { chainId } of image.layers.toReversed()) {
      if (!this.#referenced().has(chainId)) await this.#removeSnapshot(initLayerKey(chainId));
      if (!(await this.#removeSnapshot(chainId))) break;
      deleted.push(chainId);
    }
    for (const digest of blobsOf(image)) {
      await this.#contents.removeUnless(digest, () => this.#referenced().has(digest));
    }
    return deleted;
  }

  /**
   * Removes all that belongs to no image. Only keys that images use are touched.
   * @param options.unfinished also what an engine that died was about to make
   */
  async sweep(options: { unfinished?: boolean } = {}): Promise<void> {
    const snapshots = new Map<string, SnapshotInfo>();
    for await (const info of this.#storage.list()) snapshots.set(info.key, info);
    const depth = (info: SnapshotInfo | undefined): number =>
      info === undefined ? 0 : 1 + depth(info.parent === undefined ? undefined : snapshots.get(info.parent));
    const strays = [...snapshots.values()].filter(({ key, kind }) => {
      if (kind !== "committed")
        return options.unfinished && unfinishedPrefixes.some((prefix) => key.startsWith(prefix));
      const chainId = chainOfInitLayer(key) ?? key;
      return isDigest(chainId) && !this.#referenced().has(chainId);
    });
    const deepestFirst = strays.toSorted((left, right) => depth(right) - depth(left));
    try {
      for (const { key } of deepestFirst) await this.#removeSnapshot(key);
      for (const digest of await this.#contents.digests()) {
        await this.#contents.removeUnless(digest, () => this.#referenced().has(digest));
      }
      if (options.unfinished) await this.#contents.discardUnfinished();
    } catch (thrown) {
      this.#logger.warn("cannot remove what belongs to no image", { reason: messageOf(thrown) });
    }
  }

  /** Removes a blob that no image names. */
  collectBlob(digest: string): Promise<void> {
    return this.#contents.removeUnless(digest, () => this.#referenced().has(digest));
  }

  async #removeSnapshot(key: string): Promise<boolean> {
    if (this.#contents.isPinned(key) || this.#referenced().has(key)) return false;
    try {
      await this.#storage.remove(key);
      return true;
    } catch (thrown) {
      if (isEngineError(thrown, "conflict")) return false;
      if (isEngineError(thrown, "not-found")) return true;
      throw thrown;
    }
  }

  #referenced(): ReadonlySet<string> {
    return new Set(
      this.#catalog.all().flatMap((image) => [...blobsOf(image), ...image.layers.map(({ chainId }) => chainId)]),
    );
  }
}

export function blobsOf(image: Pick<ImageRecord, "id" | "manifestDigests" | "layers">): readonly string[] {
  return [...image.manifestDigests, image.id, ...image.layers.map(({ digest }) => digest)];
}
