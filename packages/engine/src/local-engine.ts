import { inject } from "@gantry/core";
import type { CallOptions, Lifecycled } from "@gantry/core";

import { ContainerAttachments } from "./containers/container-attachments.ts";
import { ContainerChanges } from "./containers/container-changes.ts";
import { ContainerControl } from "./containers/container-control.ts";
import { ContainerCreator } from "./containers/container-creator.ts";
import { ContainerLifecycle } from "./containers/container-lifecycle.ts";
import { ContainerOutput } from "./containers/container-output.ts";
import { ContainerPaths } from "./containers/container-paths.ts";
import type { ContainerRecord } from "./containers/container-record.ts";
import { ContainerRemains } from "./containers/container-remains.ts";
import { ContainerStarter } from "./containers/container-starter.ts";
import { ContainerStatistics } from "./containers/container-statistics.ts";
import { ContainerStore } from "./containers/container-store.ts";
import { ContainerUsers } from "./containers/container-users.ts";
import { ContainerWaits } from "./containers/container-waits.ts";
import { LocalContainers } from "./containers/local-containers.ts";
import { Reconciler } from "./containers/reconciler.ts";
import { EngineComponents } from "./engine-components.ts";
import type { Containers, Engine, EngineInfo } from "./engine.ts";
import { HealthMonitor } from "./health/health-monitor.ts";
import { HealthProbe } from "./health/health-probe.ts";
import { ExecLauncher } from "./execs/exec-launcher.ts";
import { LocalExecs } from "./execs/local-execs.ts";
import { ContainerEvents } from "./events/container-events.ts";
import { EventLog } from "./events/event-log.ts";
import { ContainerVolumes } from "./mounts/container-volumes.ts";
import { ContainerProcesses } from "./processes/container-processes.ts";
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
  readonly #attachments = new ContainerAttachments();
  readonly #lifecycle: ContainerLifecycle;
  readonly #health: HealthMonitor;
  readonly #reconciler: Reconciler;

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
    const volumes = new ContainerVolumes(components.volumes, tree, rootFiles, logger);
    const users = new ContainerUsers(rootFiles);
    const launcher = new ExecLauncher(storage, users, paths);
    const remains = new ContainerRemains(components, volumes, launcher, paths);
    const starter = new ContainerStarter(components, volumes, users, paths);
    const store = this.#store;
    const attachments = this.#attachments;
    const waits = new ContainerWaits();
    const events = new ContainerEvents(this.events);
    this.#lifecycle = new ContainerLifecycle({
      store,
      starter,
      remains,
      attachments,
      waits,
      events,
      logger,
      companions: () => [this.execs, this.#health],
      removed: (container) => this.#collectImageOf(container),
    });
    const lifecycle = this.#lifecycle;
    this.execs = new LocalExecs({ store, lifecycle, launcher, events, logger });
    this.#health = new HealthMonitor({ store, lifecycle, probe: new HealthProbe(launcher, events), events, logger });
    const control = new ContainerControl({ store, lifecycle, waits, events });
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
      lifecycle,
      control,
      changes: new ContainerChanges({ store, lifecycle, starter, limiter: components.limiter, events }),
      processes: new ContainerProcesses(lifecycle, events),
      statistics: new ContainerStatistics(store, lifecycle),
      output: new ContainerOutput({ components, lifecycle, attachments, paths, events }),
    });
    this.volumes = new LocalVolumes({ driver: components.volumes, containers, log: this.events });
    this.#diskUsage = new DiskUsageReport({ storage, catalog, images, store, volumes: this.volumes });
    this.#reconciler = new Reconciler({ components, store, lifecycle, starter, remains, execs: this.execs, paths });
  }

  async start(): Promise<void> {
    await this.#store.load();
    await this.#imageSide.catalog.load();
    await this.#hostMounts.sweep();
    await this.#reconciler.reconcile();
    await this.#imageSide.garbage.sweep({ unfinished: true });
  }

  async stop(): Promise<void> {
    this.#attachments.endAll();
    await this.#health.stop();
    this.execs.detach();
    await this.#lifecycle.stopAll();
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
