import { inject } from "@gantry/core";
import type { CallOptions, Lifecycled } from "@gantry/core";

import { assembleRuns } from "./containers/assemble-runs.ts";
import type { RunSide } from "./containers/assemble-runs.ts";
import { ContainerCreator } from "./containers/container-creator.ts";
import { ContainerPaths } from "./containers/container-paths.ts";
import type { ContainerRecord } from "./containers/container-record.ts";
import { ContainerStore } from "./containers/container-store.ts";
import { LocalContainers } from "./containers/local-containers.ts";
import { EngineComponents } from "./engine-components.ts";
import type { Containers, Engine, EngineInfo } from "./engine.ts";
import type { LocalExecs } from "./execs/local-execs.ts";
import { ContainerEvents } from "./events/container-events.ts";
import { EventLog } from "./events/event-log.ts";
import { VolumeEvents } from "./events/volume-events.ts";
import { ContainerVolumes } from "./mounts/container-volumes.ts";
import { assembleImages } from "./images/assemble-images.ts";
import type { ImageSide } from "./images/assemble-images.ts";
import { InitLayers } from "./images/init-layers.ts";
import type { LocalImages } from "./images/local-images.ts";
import { DiskUsageReport } from "./disk-usage-report.ts";
import type { DiskUsage } from "./face/disk-usage.ts";
import { assembleFiles } from "./files/assemble-files.ts";
import { HostMounts } from "./host-mounts.ts";
import { RootFiles } from "./root-files.ts";
import { version } from "./version.ts";
import { LocalVolumes } from "./volumes/local-volumes.ts";

/**
 * The engine over its components. `start` must have resolved before anything is asked of it; `stop` lets go of running
 * containers, which a later engine over the same stores takes up again.
 */
export class LocalEngine implements Engine, Lifecycled {
  readonly containers: Containers;
  readonly images: LocalImages;
  readonly execs: LocalExecs;
  readonly events = new EventLog();
  readonly volumes: LocalVolumes;
  readonly #components: EngineComponents;
  readonly #store: ContainerStore;
  readonly #imageSide: ImageSide;
  readonly #hostMounts: HostMounts;
  readonly #diskUsage: DiskUsageReport;
  readonly #runs: RunSide;

  constructor(@inject(EngineComponents) components: EngineComponents) {
    this.#components = components;
    const { state, storage, logger, tree, mounter } = components;
    this.#store = new ContainerStore(state);
    const containers = (): readonly ContainerRecord[] => this.#store.all();
    const imageSide = assembleImages(components, this.events, containers);
    const { catalog, images } = imageSide;
    this.images = images;
    this.#imageSide = imageSide;
    const mounts = (this.#hostMounts = new HostMounts(mounter, components.paths));

    const paths = new ContainerPaths(components.paths);
    const rootFiles = new RootFiles(tree, mounts);
    const driver = components.volumes;
    const volumeEvents = new VolumeEvents(this.events, driver?.name ?? "");
    const volumes = new ContainerVolumes({ driver, tree, rootFiles, events: volumeEvents, logger });
    const store = this.#store;
    const events = new ContainerEvents(this.events);
    const removed = (container: ContainerRecord): Promise<void> => this.#collectImageOf(container);
    const runs = assembleRuns({ components, store, paths, rootFiles, volumes, events, removed });
    const { lifecycle, remains, verbs } = runs;
    const { control } = verbs;
    this.#runs = runs;
    this.execs = runs.execs;
    this.containers = new LocalContainers({
      store,
      ...assembleFiles({ components, imageSide, store, lifecycle, control, paths, mounts, events }),
      creator: new ContainerCreator({
        components,
        store,
        remains,
        volumes,
        paths,
        events,
        findImage: (reference) => catalog.find(reference).image,
        initLayers: new InitLayers(storage, tree, mounts),
      }),
      ...verbs,
    });
    this.volumes = new LocalVolumes({ driver, containers, events: volumeEvents });
    this.#diskUsage = new DiskUsageReport({ storage, catalog, images, store, volumes: this.volumes });
  }

  async start(): Promise<void> {
    await this.#store.load();
    await this.#imageSide.catalog.load();
    await this.#hostMounts.sweep();
    await this.#runs.reconciler.reconcile();
    await this.#imageSide.garbage.sweep({ unfinished: true });
  }

  async stop(): Promise<void> {
    await this.#runs.stop();
  }

  diskUsage(call?: CallOptions): Promise<DiskUsage> {
    return this.#diskUsage.measure(call);
  }

  async info(): Promise<EngineInfo> {
    const { storage, isolation, limiter, paths } = this.#components;
    const states = this.#store.list().map(({ state }) => state.status);
    const count = (...wanted: string[]): number => states.filter((status) => wanted.includes(status)).length;
    return {
      version,
      containers: {
        total: states.length,
        running: count("running"),
        paused: count("paused"),
        stopped: states.length - count("running", "paused"),
      },
      images: this.#imageSide.catalog.all().length,
      storageDriver: storage.features.name,
      isolationBackend: isolation.features.name,
      limiter: limiter && { name: limiter.features.name, version: limiter.features.version },
      dataRoot: paths.dataRoot,
      warnings: limiter?.features.limits.includes("memorySwap") === false ? ["WARNING: No swap limit support"] : [],
    };
  }

  /** The image may have been removed by force while the container stood on its layers. */
  async #collectImageOf({ imageId }: ContainerRecord): Promise<void> {
    if (this.#imageSide.catalog.get(imageId) === undefined) await this.#imageSide.garbage.sweep();
  }
}
