import { isEngineError } from "@gantry/core";
import { encodedPart, familiarReference, familiarRepository, parseReference } from "@gantry/oci";

import type { ContainerRecord } from "../containers/container-record.ts";
import { conflict } from "../engine-errors.ts";
import type { Images, ImportOptions, PullOptions, RemovedImage } from "../engine.ts";
import type { FoundImage, ImageCatalog } from "./image-catalog.ts";
import type { ImageGarbage } from "./image-garbage.ts";
import type { ImagePuller } from "./image-puller.ts";
import type { ImageRecord, ImageSummary } from "./image-record.ts";
import type { LayerImporter } from "./layer-importer.ts";

export interface LocalImagesParts {
  catalog: ImageCatalog;
  puller: ImagePuller;
  importer: LayerImporter;
  garbage: ImageGarbage;
  /** Every container, also one that is being created. */
  containers: () => readonly ContainerRecord[];
}

const shortLength = 12;

/** The verbs of images. */
export class LocalImages implements Images {
  readonly #parts: LocalImagesParts;

  constructor(parts: LocalImagesParts) {
    this.#parts = parts;
  }

  async list(): Promise<readonly ImageSummary[]> {
    const names = this.#parts.catalog.namesByImage();
    return this.#parts.catalog
      .all()
      .map((image) => ({
        id: image.id,
        tags: (names.get(image.id) ?? []).map(familiar).filter((name) => !name.includes("@")),
        createdAt: image.createdAt,
        size: image.layers.reduce((total, { size }) => total + size, 0),
        labels: image.defaults.labels,
      }))
      .toSorted((left, right) => Date.parse(right.createdAt) - Date.parse(left.createdAt));
  }

  pull(reference: string, options: PullOptions = {}): Promise<{ id: string; digest: string; upToDate: boolean }> {
    return this.#parts.puller.pull(reference, options);
  }

  importLayer(layer: AsyncIterable<Uint8Array>, options: ImportOptions = {}): Promise<{ id: string }> {
    return this.#parts.importer.import(layer, options);
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

  async remove(reference: string, options: { force?: boolean } = {}): Promise<RemovedImage> {
    const found = this.#parts.catalog.find(reference);
    const names = this.#parts.catalog.namesOf(found.image.id);
    const users = this.#parts.containers().filter(({ imageId }) => imageId === found.image.id);
    const { untag, whole } =
      found.name === undefined
        ? this.#planById(found.image, names, users, options.force ?? false)
        : planByName({ ...found, name: found.name }, names, users, options.force ?? false);
    await this.#parts.catalog.delete(untag, whole ? found.image : undefined);
    const untagged = untag.map(familiar);
    if (!whole) return { untagged, deleted: [] };
    return { untagged, deleted: [found.image.id, ...(await this.#parts.garbage.collect(found.image))] };
  }

  #planById(image: ImageRecord, names: readonly string[], users: readonly ContainerRecord[], force: boolean): Plan {
    const unable = `conflict: unable to delete ${short(image.id)}`;
    const running = users.find(isRunning);
    if (running) {
      throw conflict(`${unable} (cannot be forced) - image is being used by running container ${short(running.id)}`);
    }
    const repositories = new Set(names.map((name) => familiarRepository(parseReference(name))));
    if (!force && repositories.size > 1) {
      throw conflict(`${unable} (must be forced) - image is referenced in multiple repositories`);
    }
    if (!force && users[0]) {
      throw conflict(`${unable} (must be forced) - image is being used by stopped container ${short(users[0].id)}`);
    }
    return { untag: names, whole: true };
  }
}

interface Plan {
  untag: readonly string[];
  /** Whether the image goes with its names. */
  whole: boolean;
}

function planByName(
  { image, name }: FoundImage & { name: string },
  names: readonly string[],
  users: readonly ContainerRecord[],
  force: boolean,
): Plan {
  if (names.length > 1) return { untag: [name], whole: false };
  const user = users[0];
  if (user === undefined) return { untag: [name], whole: true };
  if (force) return { untag: [name], whole: false };
  throw conflict(
    `conflict: unable to remove repository reference ${JSON.stringify(familiar(name))} (must force) - container ` +
      `${short(user.id)} is using its referenced image ${short(image.id)}`,
  );
}

function isRunning({ state }: ContainerRecord): boolean {
  return state.status === "running" || state.status === "paused";
}

function familiar(canonical: string): string {
  return familiarReference(parseReference(canonical));
}

function short(id: string): string {
  return encodedPart(id).slice(0, shortLength);
}
