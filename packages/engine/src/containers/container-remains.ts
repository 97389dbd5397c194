import { rm } from "node:fs/promises";

import { isEngineError } from "@gantry/core";
import type { IsolatedContainer, LimitGroup } from "@gantry/core";

import type { EngineComponents } from "../engine-components.ts";
import type { ExecLauncher } from "../execs/exec-launcher.ts";
import type { ContainerVolumes } from "../mounts/container-volumes.ts";
import type { ContainerPaths } from "./container-paths.ts";
import type { ContainerRecord } from "./container-record.ts";

/** Clears away what containers leave behind. Every step may be repeated, so that a later engine can finish the work. */
export class ContainerRemains {
  readonly #components: EngineComponents;
  readonly #volumes: ContainerVolumes;
  readonly #execs: ExecLauncher;
  readonly #paths: ContainerPaths;

  constructor(components: EngineComponents, volumes: ContainerVolumes, execs: ExecLauncher, paths: ContainerPaths) {
    this.#components = components;
    this.#volumes = volumes;
    this.#execs = execs;
    this.#paths = paths;
  }

  /** What the backend and the limiter still have of a container. */
  async find(id: string): Promise<{ isolated: IsolatedContainer | undefined; group: LimitGroup | undefined }> {
    const group = await ifFound(this.#components.limiter?.load(id));
    const options = { stateDirectory: this.#paths.monitor(id), ...(group === undefined ? {} : { limits: group }) };
    return { isolated: await ifFound(this.#components.isolation.load(id, options)), group };
  }

  /** Releases what one run took: processes, control group, volumes. */
  async release(
    container: ContainerRecord,
    run?: { isolated: IsolatedContainer | undefined; group: LimitGroup | undefined },
  ): Promise<void> {
    const { isolated, group } = run ?? (await this.find(container.id));
    await this.#execs.release(container.id, isolated);
    // The backend kills what it knows of; without it the group still tells.
    if (isolated === undefined) await ifFound(group?.killAll());
    else await isolated.delete();
    await ifFound(group?.remove());
    await this.#volumes.unmount(container, run !== undefined);
  }

  /** Removes what the container itself is: log, root, files; and its own volumes if asked. Its run was released. */
  async erase(container: ContainerRecord, options: { volumes: boolean }): Promise<void> {
    const { id } = container;
    const directory = this.#paths.directory(id);
    const { logDriver } = container.hostConfig;
    if (logDriver.name !== "none") {
      await this.#components.logs.remove({ containerId: id, directory, options: logDriver.options });
    }
    if (options.volumes) await this.#volumes.removeAnonymous(container);
    await ifFound(this.#components.storage.remove(id));
    await this.removeDirectory(id);
  }

  async removeDirectory(id: string): Promise<void> {
    await rm(this.#paths.directory(id), { recursive: true, force: true });
  }
}

/** The result, or `undefined` when there is no such thing. */
async function ifFound<T>(work: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (isEngineError(thrown, "not-found")) return undefined;
    throw thrown;
  }
}
