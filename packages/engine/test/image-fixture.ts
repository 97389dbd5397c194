import { silentLogger } from "@gantry/core";
import { collect, MemoryImageStore, MemoryStateStore, MemoryStorageDriver } from "@gantry/testkit";

import { EventLog } from "../src/events/event-log.ts";
import { assembleImages } from "../src/images/assemble-images.ts";
import type { ContainerRecord } from "../src/index.ts";
import { FakeDiffer, FakeSource } from "./fake-image.ts";

/** What deals with images, over stores beneath a directory: a second one there sees what the first has left. */
export async function openImages(root: string) {
  const [state, storage, store] = [
    new MemoryStateStore({ root }),
    new MemoryStorageDriver({ root }),
    new MemoryImageStore({ root }),
  ];
  const [source, differ] = [new FakeSource(), new FakeDiffer()];
  const containers: ContainerRecord[] = [];
  const events = new EventLog();
  const parts = { state, storage, differ, imageStore: store, logger: silentLogger, sources: [source] };
  const { images, catalog, garbage, contents } = assembleImages(parts, events, () => containers);
  await catalog.load();
  const left = async () => ({
    blobs: (await collect(store.list())).map(({ digest }) => digest).toSorted(),
    snapshots: (await collect(storage.list())).map(({ key }) => key).toSorted(),
    writers: (await collect(state.list("image-writers"))).map(({ key }) => key),
  });
  return { images, contents, events, source, differ, containers, storage, store, state, garbage, left, root };
}

export const nothingLeft = { blobs: [], snapshots: [], writers: [] };
