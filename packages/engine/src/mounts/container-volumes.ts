import { mkdir } from "node:fs/promises";

import { EngineError, isEngineError, messageOf } from "@gantry/core";
import type { CallOptions, FileTree, Logger, Mount, MountSpec, VolumeDriver } from "@gantry/core";

import type { ContainerRecord, MountPoint } from "../containers/container-record.ts";
import type { VolumeEvents } from "../events/volume-events.ts";
import type { RootFiles } from "../root-files.ts";
import { copyUp } from "./copy-up.ts";

type VolumeUser = Pick<ContainerRecord, "id" | "mounts" | "anonymousVolumes">;

export interface ContainerVolumesParts {
  driver: VolumeDriver | undefined;
  tree: FileTree | undefined;
  rootFiles: RootFiles;
  events: VolumeEvents;
  logger: Logger;
}

/** The volumes and host directories of containers: made at create, mounted for as long as the container runs. */
export class ContainerVolumes {
  readonly #driver: VolumeDriver | undefined;
  readonly #tree: FileTree | undefined;
  readonly #rootFiles: RootFiles;
  readonly #events: VolumeEvents;
  readonly #logger: Logger;

  constructor({ driver, tree, rootFiles, events, logger }: ContainerVolumesParts) {
    this.#driver = driver;
    this.#tree = tree;
    this.#rootFiles = rootFiles;
    this.#events = events;
    this.#logger = logger;
  }

  /** Makes the volumes that are missing; an empty one takes what the image has at its destination. */
  async prepare(container: VolumeUser, root: readonly Mount[], call: CallOptions): Promise<void> {
    const volumes = container.mounts.filter(({ type }) => type === "volume");
    for (const mount of volumes) {
      const anonymous = container.anonymousVolumes.includes(mount.source);
      const labels: Record<string, string> = anonymous ? { "com.docker.volume.anonymous": "" } : {};
      const driver = this.#requireDriver();
      let volume = await driver.get(mount.source, call);
      if (volume === undefined) {
        volume = await driver.create(mount.source, { labels, driverOptions: {} }, call);
        this.#events.emit("create", mount.source);
      }
      if (volume.empty && !mount.nocopy) await this.#fill(driver, container.id, mount, root, call);
    }
  }

  async #fill(
    driver: VolumeDriver,
    user: string,
    mount: MountPoint,
    root: readonly Mount[],
    call: CallOptions,
  ): Promise<void> {
    const tree = this.#tree;
    if (tree === undefined) return;
    const target = await driver.mount(mount.source, user, call);
    try {
      await this.#rootFiles.withDirectory(root, (from) => copyUp(tree, from, mount.destination, target, call));
    } finally {
      await driver.unmount(mount.source, user, call);
    }
  }

  /** Mounts what a container needs and says where it goes. A host directory that is missing is made, as Docker does. */
  async mount(container: VolumeUser, call: CallOptions): Promise<readonly MountSpec[]> {
    const mounts: MountSpec[] = [];
    for (const { type, source, destination, readonly, options } of container.mounts) {
      const access = readonly ? ["ro"] : [];
      if (type === "tmpfs") {
        mounts.push({ type, source, destination, options });
        continue;
      }
      const directory = type === "volume" ? await this.#requireDriver().mount(source, container.id, call) : source;
      if (type === "bind") await makeDirectory(directory);
      else this.#events.emit("mount", source, mountFacts(container, destination, readonly));
      mounts.push({ type: "bind", source: directory, destination, options: [...options, ...access] });
    }
    return mounts;
  }

  /** Ends a container's use of its volumes. Repeatable. @param tell that this is the end of a run */
  async unmount(container: VolumeUser, tell: boolean): Promise<void> {
    for (const { type, source } of container.mounts) {
      if (type !== "volume" || this.#driver === undefined) continue;
      await this.#driver.unmount(source, container.id).catch((thrown: unknown) => {
        if (!isEngineError(thrown, "not-found")) throw thrown;
      });
      if (tell) this.#events.emit("unmount", source, { container: container.id });
    }
  }

  /** Removes the volumes that came with a container. One that another container uses by now stays. */
  async removeAnonymous(container: VolumeUser): Promise<void> {
    for (const name of container.anonymousVolumes) {
      try {
        await this.#driver?.remove(name);
        this.#events.emit("destroy", name);
      } catch (thrown) {
        if (isEngineError(thrown, "not-found")) continue;
        if (!isEngineError(thrown, "conflict")) throw thrown;
        this.#logger.info("an anonymous volume is still in use", { volume: name, reason: messageOf(thrown) });
      }
    }
  }

  #requireDriver(): VolumeDriver {
    if (this.#driver !== undefined) return this.#driver;
    throw new EngineError("unsupported", "no plugin provides volumes: add a volume driver, or bind a host directory");
  }
}

function mountFacts({ id }: VolumeUser, destination: string, readonly: boolean): Readonly<Record<string, string>> {
  return { container: id, destination, propagation: "", "read/write": String(!readonly) };
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (thrown) {
    // A file may be bound as well.
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return;
    const message = `error while creating mount source path '${directory}': ${messageOf(thrown)}`;
    throw new EngineError("invalid-argument", message, { cause: thrown, details: { field: "binds" } });
  }
}
