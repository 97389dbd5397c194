import { isEngineError } from "@gantry/core";
import type { CallOptions, StorageDriver } from "@gantry/core";
import { diskUsage } from "@gantry/files";

import type { ContainerStore } from "./containers/container-store.ts";
import type { DiskUsage } from "./face/disk-usage.ts";
import type { ImageCatalog } from "./images/image-catalog.ts";
import type { LocalImages } from "./images/local-images.ts";
import type { LocalVolumes } from "./volumes/local-volumes.ts";

export interface DiskUsageParts {
  storage: StorageDriver;
  catalog: ImageCatalog;
  images: LocalImages;
  store: ContainerStore;
  volumes: LocalVolumes;
}

/** Measures what images, containers and volumes take on disk. A layer never changes, so it is measured once. */
export class DiskUsageReport {
  readonly #parts: DiskUsageParts;
  readonly #layers = new Map<string, number>();

  constructor(parts: DiskUsageParts) {
    this.#parts = parts;
  }

  async measure(call: CallOptions = {}): Promise<DiskUsage> {
    const layers = await this.#measureLayers(call);
    return {
      images: await this.#images(layers),
      layerBytes: [...layers.values()].reduce((total, bytes) => total + bytes, 0),
      containers: await this.#containers(layers, call),
      volumes: await this.#volumes(call),
    };
  }

  /** Bytes by chain id. */
  async #measureLayers(call: CallOptions): Promise<ReadonlyMap<string, number>> {
    const { storage, catalog } = this.#parts;
    const measured = new Map<string, number>();
    for (const { chainId } of catalog.all().flatMap(({ layers }) => layers)) {
      if (measured.has(chainId)) continue;
      measured.set(chainId, this.#layers.get(chainId) ?? (await storage.usage(chainId, call)).bytes);
    }
    this.#layers.clear();
    for (const [chainId, bytes] of measured) this.#layers.set(chainId, bytes);
    return measured;
  }

  async #images(layers: ReadonlyMap<string, number>): Promise<DiskUsage["images"]> {
    const { catalog, images, store } = this.#parts;
    const users = new Map<string, number>();
    for (const { chainId } of catalog.all().flatMap((image) => image.layers)) {
      users.set(chainId, (users.get(chainId) ?? 0) + 1);
    }
    const containers = store.all();
    return (await images.list()).map((summary) => {
      const own = catalog.get(summary.id)?.layers ?? [];
      const bytesOf = (shared: boolean): number =>
        own
          .filter(({ chainId }) => !shared || (users.get(chainId) ?? 0) > 1)
          .reduce((total, { chainId }) => total + (layers.get(chainId) ?? 0), 0);
      return {
        ...summary,
        size: bytesOf(false),
        sharedBytes: bytesOf(true),
        containers: containers.filter(({ imageId }) => imageId === summary.id).length,
      };
    });
  }

  async #containers(layers: ReadonlyMap<string, number>, call: CallOptions): Promise<DiskUsage["containers"]> {
    const { storage, catalog, store } = this.#parts;
    const measured: { id: string; writableBytes: number; rootBytes: number }[] = [];
    for (const { id, imageId } of store.list()) {
      const usage = await unlessGone(storage.usage(id, call));
      if (usage === undefined) continue;
      const { bytes } = usage;
      const below = catalog.get(imageId)?.layers ?? [];
      const imageBytes = below.reduce((total, { chainId }) => total + (layers.get(chainId) ?? 0), 0);
      measured.push({ id, writableBytes: bytes, rootBytes: bytes + imageBytes });
    }
    return measured;
  }

  async #volumes(call: CallOptions): Promise<DiskUsage["volumes"]> {
    const { volumes } = this.#parts;
    const measured: { name: string; bytes: number; users: number }[] = [];
    for (const { name, mountpoint } of await volumes.list({}, call)) {
      const { bytes } = await diskUsage(mountpoint, call.signal);
      measured.push({ name, bytes, users: volumes.users(name).length });
    }
    return measured;
  }
}

/** What is removed meanwhile takes nothing. */
async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (isEngineError(thrown, "not-found")) return undefined;
    throw thrown;
  }
}
