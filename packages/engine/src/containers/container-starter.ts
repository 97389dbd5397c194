import type { CallOptions, LimitGroup, LogSink, MountSpec } from "@gantry/core";

import type { HostConfig } from "../engine.ts";
import type { EngineComponents } from "../engine-components.ts";
import type { ContainerVolumes } from "../mounts/container-volumes.ts";
import { defaultDeviceRules, hostDevices, privilegedDeviceRules } from "../spec/devices.ts";
import { checkResources } from "../spec/resources.ts";
import { runtimeSpec } from "../spec/runtime-spec.ts";
import type { ContainerPaths } from "./container-paths.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerUsers } from "./container-users.ts";
import { ContainerRun } from "./container-run.ts";
import { writeGeneratedFiles } from "./generated-files.ts";

/** Makes a run of a container: everything that lies between its record and the isolation backend. */
export class ContainerStarter {
  readonly #components: EngineComponents;
  readonly #volumes: ContainerVolumes;
  readonly #users: ContainerUsers;
  readonly #paths: ContainerPaths;

  constructor(components: EngineComponents, volumes: ContainerVolumes, users: ContainerUsers, paths: ContainerPaths) {
    this.#components = components;
    this.#volumes = volumes;
    this.#users = users;
    this.#paths = paths;
  }

  /** Prepares a run whose program does not run yet. What a failure leaves behind the caller clears away. */
  async prepare(container: ContainerRecord, call: CallOptions): Promise<ContainerRun> {
    const { id, config, hostConfig } = container;
    const { privileged } = hostConfig;
    const [root, group, files, volumes, devices] = await allSettledOrThrow([
      this.#components.storage.mounts(id, call),
      this.#createGroup(container, call),
      writeGeneratedFiles(container, this.#paths),
      this.#volumes.mount(container, call),
      privileged ? hostDevices() : undefined,
    ] as const);
    const spec = runtimeSpec({
      container,
      user: await this.#users.resolve(container, config.user, root, call),
      root,
      mounts: [...files, ...volumes] satisfies MountSpec[],
      cgroup: group !== undefined,
      init: this.#components.isolation.features.init,
      ...(devices === undefined ? {} : { hostDevices: devices }),
    });
    const isolated = await this.#components.isolation.create(id, spec, {
      ...call,
      stateDirectory: this.#paths.monitor(id),
      openStdin: config.openStdin,
      ...(group === undefined ? {} : { limits: group }),
    });
    return this.adopt(container, isolated, group);
  }

  /** A run of a container that the isolation backend has already. */
  adopt(container: ContainerRecord, isolated: ContainerRun["isolated"], group: LimitGroup | undefined): ContainerRun {
    const openSink = container.hostConfig.logDriver.name === "none" ? undefined : () => this.#openSink(container);
    return new ContainerRun(container, { isolated, group, openSink, logger: this.#components.logger });
  }

  #openSink({ id, hostConfig }: ContainerRecord): Promise<LogSink> {
    const { options } = hostConfig.logDriver;
    return this.#components.logs.open({ containerId: id, directory: this.#paths.directory(id), options });
  }

  /** Brings limits into force that a container's record has. */
  async updateGroup(group: LimitGroup, { resources }: HostConfig, call: CallOptions = {}): Promise<void> {
    await group.update(checkResources(resources, this.#components.limiter?.features).limits, call);
  }

  async #createGroup({ id, hostConfig }: ContainerRecord, call: CallOptions): Promise<LimitGroup | undefined> {
    const { limiter } = this.#components;
    if (limiter === undefined) return undefined;
    const { limits } = checkResources(hostConfig.resources, limiter.features);
    const devices = hostConfig.privileged ? privilegedDeviceRules : defaultDeviceRules;
    return limiter.create(id, { ...limits, ...(limiter.features.limits.includes("devices") ? { devices } : {}) }, call);
  }
}

/** As `Promise.all`, but nothing is still under way when it rejects. */
async function allSettledOrThrow<const T extends readonly unknown[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
