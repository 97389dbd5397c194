import type { CallOptions, ResourceLimiter } from "@gantry/core";

import { conflict, invalidArgument } from "../engine-errors.ts";
import type { ContainerEvents } from "../events/container-events.ts";
import type { ContainerUpdate } from "../face/container-verbs.ts";
import { checkResources } from "../spec/resources.ts";
import type { ContainerLifecycle } from "./container-lifecycle.ts";
import { checkContainerName } from "./container-name.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerStarter } from "./container-starter.ts";
import type { ContainerStore } from "./container-store.ts";
import { isRemoval } from "./record-changes.ts";
import { checkRestartPolicy } from "./restart-policy.ts";

export interface ContainerChangesParts {
  store: ContainerStore;
  lifecycle: ContainerLifecycle;
  starter: ContainerStarter;
  limiter: ResourceLimiter | undefined;
  events: ContainerEvents;
}

/** Changes what a container was created with. */
export class ContainerChanges {
  readonly #parts: ContainerChangesParts;

  constructor(parts: ContainerChangesParts) {
    this.#parts = parts;
  }

  async rename({ id }: ContainerRecord, asked: string): Promise<void> {
    if (asked === "") throw invalidArgument("Neither old nor new names may be empty", { field: "name" });
    const name = checkContainerName(asked);
    const { lifecycle, store, events } = this.#parts;
    await lifecycle.change(id, async (container) => {
      if (container.name === name) {
        throw invalidArgument("Renaming a container with the same name as its current name", { field: "name" });
      }
      refuseRemoved(container, "renamed");
      const renamed = await store.rename(container, name);
      events.emit(renamed, "rename", { oldName: `/${container.name}` });
    });
  }

  async update(
    { id }: ContainerRecord,
    changes: ContainerUpdate,
    call: CallOptions = {},
  ): Promise<{ warnings: readonly string[] }> {
    const { lifecycle, store, events } = this.#parts;
    let warnings: readonly string[] = [];
    await lifecycle.change(id, async (container) => {
      refuseRemoved(container, "updated");
      const plan = this.#plan(container, changes);
      warnings = plan.warnings;
      if (changes.resources !== undefined && lifecycle.running(id) !== undefined) {
        await this.#updateLive(container, plan.changed, call);
      } else {
        await store.put(plan.changed);
      }
      events.emit(container, "update");
    });
    return { warnings };
  }

  #plan(
    container: ContainerRecord,
    { resources = {}, restartPolicy }: ContainerUpdate,
  ): { changed: ContainerRecord; warnings: readonly string[] } {
    const { hostConfig } = container;
    if (restartPolicy !== undefined && restartPolicy.name !== "no" && hostConfig.autoRemove) {
      throw conflict("Restart policy cannot be updated because AutoRemove is enabled for the container");
    }
    const policy = restartPolicy === undefined ? hostConfig.restartPolicy : checkRestartPolicy(restartPolicy, false);
    const merged = { ...hostConfig.resources, ...withoutZeros(resources) };
    const { warnings } = checkResources(merged, this.#parts.limiter?.features);
    return {
      changed: { ...container, hostConfig: { ...hostConfig, resources: merged, restartPolicy: policy } },
      warnings,
    };
  }

  /** The record says first what the limits will be, so that an engine that follows a killed one can make it true. */
  async #updateLive(container: ContainerRecord, changed: ContainerRecord, call: CallOptions): Promise<void> {
    const { lifecycle, store, starter } = this.#parts;
    const group = lifecycle.running(container.id)?.group;
    await store.put({ ...changed, pending: changed.pending ?? "update" });
    try {
      if (group !== undefined) await starter.updateGroup(group, changed.hostConfig, call);
    } catch (thrown) {
      await store.put(container);
      throw thrown;
    }
    await store.put(changed);
  }
}

/** Zero means not asked for, as in Docker's API. */
function withoutZeros(resources: object): object {
  return Object.fromEntries(
    Object.entries(resources).filter(([, value]) => value !== 0 && value !== "" && value !== undefined),
  );
}

function refuseRemoved(container: ContainerRecord, verb: "renamed" | "updated"): void {
  if (!isRemoval(container) && container.state.status !== "dead") return;
  throw conflict(`Container is marked for removal and cannot be ${verb}`);
}
