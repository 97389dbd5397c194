import { isEngineError } from "@gantry/core";
import type { CallOptions, StorageDriver } from "@gantry/core";

import type { Filters } from "../face/container-verbs.ts";
import { pruneFilter } from "../filters/prune-filter.ts";
import type { ContainerControl } from "./container-control.ts";
import type { ContainerStore } from "./container-store.ts";

/** Removes containers that do not run. */
export class ContainerPruner {
  readonly #store: ContainerStore;
  readonly #control: ContainerControl;
  readonly #storage: StorageDriver;

  constructor(store: ContainerStore, control: ContainerControl, storage: StorageDriver) {
    this.#store = store;
    this.#control = control;
    this.#storage = storage;
  }

  async prune(
    filters: Filters = {},
    call: CallOptions = {},
  ): Promise<{ deleted: readonly string[]; reclaimedBytes: number }> {
    const wanted = pruneFilter(filters);
    const deleted: string[] = [];
    let reclaimedBytes = 0;
    for (const container of this.#store.list()) {
      call.signal?.throwIfAborted();
      const { id, state, config, createdAt } = container;
      if (!["created", "exited", "dead"].includes(state.status) || !wanted({ labels: config.labels, createdAt }))
        continue;
      try {
        const { bytes } = await this.#storage.usage(id, call);
        await this.#control.remove(container, {}, call);
        deleted.push(id);
        reclaimedBytes += bytes;
      } catch (thrown) {
        // Started or removed by somebody else meanwhile.
        if (!isEngineError(thrown, "conflict") && !isEngineError(thrown, "not-found")) throw thrown;
      }
    }
    return { deleted, reclaimedBytes };
  }
}
