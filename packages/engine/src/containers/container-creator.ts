import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { hostname } from "node:os";

import { messageOf } from "@gantry/core";
import type { CallOptions } from "@gantry/core";

import type { EngineComponents } from "../engine-components.ts";
import type { CreateContainer } from "../engine.ts";
import type { ContainerEvents } from "../events/container-events.ts";
import type { ImageRecord } from "../images/image-record.ts";
import type { InitLayers } from "../images/init-layers.ts";
import type { ContainerVolumes } from "../mounts/container-volumes.ts";
import { collectMountPoints } from "../mounts/mount-points.ts";
import { checkResources } from "../spec/resources.ts";
import { runtimeSpec } from "../spec/runtime-spec.ts";
import { now, timestamp } from "../timestamps.ts";
import { completeHostConfig, mergeConfig } from "./container-config.ts";
import { checkContainerName, generateContainerName } from "./container-name.ts";
import type { ContainerPaths } from "./container-paths.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerRemains } from "./container-remains.ts";
import type { ContainerStore } from "./container-store.ts";

export interface ContainerCreatorParts {
  components: EngineComponents;
  store: ContainerStore;
  remains: ContainerRemains;
  volumes: ContainerVolumes;
  paths: ContainerPaths;
  events: ContainerEvents;
  /** The image that a user means. Errors: `not-found`. */
  findImage: (reference: string) => ImageRecord;
  initLayers: InitLayers;
}

/** Makes containers: a record, a directory, a writable root over the image's, and volumes. */
export class ContainerCreator {
  readonly #parts: ContainerCreatorParts;

  constructor(parts: ContainerCreatorParts) {
    this.#parts = parts;
  }

  async create(asked: CreateContainer, call: CallOptions = {}): Promise<{ id: string; warnings: readonly string[] }> {
    const { store, components, paths } = this.#parts;
    call.signal?.throwIfAborted();
    const image = this.#parts.findImage(asked.config.image);
    const { record, warnings } = this.#plan(asked, image);
    await this.#checkLogOptions(record, call);
    await store.insert(record);
    try {
      await mkdir(paths.directory(record.id), { recursive: true, mode: 0o710 });
      const parent = await this.#parts.initLayers.parentOf(image.layers.at(-1)?.chainId, call);
      const root = await components.storage.prepare(record.id, parent, call);
      await this.#parts.volumes.prepare(record, root, call);
      const { pending: _pending, ...created } = record;
      await store.put(created);
      this.#parts.events.emit(created, "create");
    } catch (thrown) {
      await this.#undo(record);
      throw thrown;
    }
    return { id: record.id, warnings };
  }

  /** The record of a container that can be made, as far as can be told before it is. */
  #plan(asked: CreateContainer, image: ImageRecord): { record: ContainerRecord; warnings: readonly string[] } {
    const { components, store } = this.#parts;
    const id = randomBytes(32).toString("hex");
    const name =
      asked.name === undefined || asked.name === ""
        ? generateContainerName((candidate) => store.nameTaken(candidate))
        : checkContainerName(asked.name);
    const hostConfig = completeHostConfig(asked.hostConfig ?? {}, components.logs.name);
    const hostNetworkName = hostConfig.networkMode === "host" ? hostname() : undefined;
    const config = mergeConfig(asked.config, image.defaults, { id, hostname: hostNetworkName });
    const { warnings } = checkResources(hostConfig.resources, components.limiter?.features);
    const [path = "", ...args] = [...config.entrypoint, ...config.command];
    const record: ContainerRecord = {
      id,
      name,
      createdAt: timestamp(now()),
      imageId: image.id,
      image: asked.config.image,
      config,
      hostConfig,
      path,
      args,
      state: { status: "created", pid: 0, exitCode: 0, error: "", oomKilled: false },
      restartCount: 0,
      ...collectMountPoints(hostConfig, image.defaults.volumes),
      outputBase: 0,
      pending: "create",
    };
    // What the start would refuse is refused now.
    const user = { uid: 0, gid: 0, additionalGids: [], home: "/" };
    const { init } = components.isolation.features;
    runtimeSpec({ container: record, user, root: [], mounts: [], cgroup: false, init });
    return { record, warnings };
  }

  /** A log driver judges its options when it opens a sink. */
  async #checkLogOptions({ id, hostConfig }: ContainerRecord, call: CallOptions): Promise<void> {
    const { name, options } = hostConfig.logDriver;
    if (name === "none" || Object.keys(options).length === 0) return;
    const { logs } = this.#parts.components;
    const directory = this.#parts.paths.directory(id);
    const context = { containerId: id, directory, options };
    await mkdir(directory, { recursive: true, mode: 0o710 });
    try {
      const sink = await logs.open(context, call);
      await sink.close();
    } catch (thrown) {
      await logs.remove(context);
      await this.#parts.remains.removeDirectory(id);
      throw thrown;
    }
  }

  async #undo(record: ContainerRecord): Promise<void> {
    const { store, remains, components } = this.#parts;
    try {
      await remains.erase(record, { volumes: true });
      await store.delete(record);
    } catch (failure) {
      // The next engine finishes it: the record says what was begun.
      components.logger.error("cannot clear away a container that was not made whole", {
        container: record.id,
        reason: messageOf(failure),
      });
    }
  }
}
