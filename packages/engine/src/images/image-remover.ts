import { encodedPart, familiarRepository, parseReference } from "@gantry/oci";

import type { ContainerRecord } from "../containers/container-record.ts";
import { conflict } from "../engine-errors.ts";
import type { RemovedImage } from "../engine.ts";
import type { ImageEvents } from "../events/image-events.ts";
import { familiarName } from "./canonical-name.ts";
import type { FoundImage, ImageCatalog } from "./image-catalog.ts";
import type { ImageGarbage } from "./image-garbage.ts";
import type { ImageRecord } from "./image-record.ts";

export interface ImageRemoverParts {
  catalog: ImageCatalog;
  garbage: ImageGarbage;
  events: ImageEvents;
  /** Every container, also one that is being created. */
  containers: () => readonly ContainerRecord[];
}

const shortLength = 12;

/** Removes names of images, and images with their last name. */
export class ImageRemover {
  readonly #parts: ImageRemoverParts;

  constructor(parts: ImageRemoverParts) {
    this.#parts = parts;
  }

  async remove(reference: string, force: boolean): Promise<RemovedImage> {
    const { catalog, garbage, events, containers } = this.#parts;
    const found = catalog.find(reference);
    const names = catalog.namesOf(found.image.id);
    const users = containers().filter(({ imageId }) => imageId === found.image.id);
    const { untag, whole } =
      found.name === undefined
        ? planById(found.image, names, users, force)
        : planByName({ ...found, name: found.name }, names, users, force);
    await catalog.delete(untag, whole ? found.image : undefined);
    for (const _name of untag) events.emit("untag", found.image.id);
    const untagged = untag.map(familiarName);
    if (!whole) return { untagged, deleted: [] };
    events.emit("delete", found.image.id);
    return { untagged, deleted: [found.image.id, ...(await garbage.collect(found.image))] };
  }
}

interface Plan {
  untag: readonly string[];
  /** Whether the image goes with its names. */
  whole: boolean;
}

function planById(
  image: ImageRecord,
  names: readonly string[],
  users: readonly ContainerRecord[],
  force: boolean,
): Plan {
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
    `conflict: unable to remove repository reference ${JSON.stringify(familiarName(name))} (must force) - container ` +
      `${short(user.id)} is using its referenced image ${short(image.id)}`,
  );
}

function isRunning({ state }: ContainerRecord): boolean {
  return state.status === "running" || state.status === "paused";
}

function short(id: string): string {
  return encodedPart(id).slice(0, shortLength);
}
