import type { EngineComponents } from "../engine-components.ts";
import type { ContainerEvents } from "../events/container-events.ts";
import { ExecLauncher } from "../execs/exec-launcher.ts";
import { LocalExecs } from "../execs/local-execs.ts";
import { HealthMonitor } from "../health/health-monitor.ts";
import { HealthProbe } from "../health/health-probe.ts";
import type { ContainerVolumes } from "../mounts/container-volumes.ts";
import { ContainerProcesses } from "../processes/container-processes.ts";
import type { RootFiles } from "../root-files.ts";
import { ContainerAttachments } from "./container-attachments.ts";
import { ContainerChanges } from "./container-changes.ts";
import { ContainerControl } from "./container-control.ts";
import { ContainerLifecycle } from "./container-lifecycle.ts";
import type { RunCompanion } from "./container-lifecycle.ts";
import { ContainerOutput } from "./container-output.ts";
import type { ContainerPaths } from "./container-paths.ts";
import type { ContainerRecord } from "./container-record.ts";
import { ContainerRemains } from "./container-remains.ts";
import { ContainerStarter } from "./container-starter.ts";
import { ContainerStatistics } from "./container-statistics.ts";
import type { ContainerStore } from "./container-store.ts";
import { ContainerUsers } from "./container-users.ts";
import { ContainerWaits } from "./container-waits.ts";
import { Reconciler } from "./reconciler.ts";

export interface RunSideParts {
  components: EngineComponents;
  store: ContainerStore;
  paths: ContainerPaths;
  rootFiles: RootFiles;
  volumes: ContainerVolumes;
  events: ContainerEvents;
  /** Told when a container is gone. */
  removed: (container: ContainerRecord) => Promise<void>;
}

/** Everything that has to do with running containers. */
export interface RunSide {
  lifecycle: ContainerLifecycle;
  remains: ContainerRemains;
  reconciler: Reconciler;
  execs: LocalExecs;
  /** The verbs of containers that are done here. */
  verbs: {
    lifecycle: ContainerLifecycle;
    control: ContainerControl;
    changes: ContainerChanges;
    processes: ContainerProcesses;
    statistics: ContainerStatistics;
    output: ContainerOutput;
  };
  /** Lets go of all that runs. */
  stop(): Promise<void>;
}

export function assembleRuns({ components, store, paths, rootFiles, volumes, events, removed }: RunSideParts): RunSide {
  const { logger, limiter, storage } = components;
  const attachments = new ContainerAttachments();
  const waits = new ContainerWaits();
  const users = new ContainerUsers(rootFiles);
  const launcher = new ExecLauncher(storage, users, paths);
  const remains = new ContainerRemains(components, volumes, launcher, paths);
  const starter = new ContainerStarter(components, volumes, users, paths);
  const companions: RunCompanion[] = [];
  const lifecycle = new ContainerLifecycle({
    store,
    starter,
    remains,
    attachments,
    waits,
    events,
    logger,
    companions,
    removed,
  });
  const execs = new LocalExecs({ store, lifecycle, launcher, events, logger });
  const health = new HealthMonitor({ store, lifecycle, probe: new HealthProbe(launcher, events), events, logger });
  companions.push(execs, health);
  return {
    lifecycle,
    remains,
    execs,
    reconciler: new Reconciler({ components, store, lifecycle, starter, remains, execs, paths }),
    verbs: {
      lifecycle,
      control: new ContainerControl({ store, lifecycle, waits, events }),
      changes: new ContainerChanges({ store, lifecycle, starter, limiter, events }),
      processes: new ContainerProcesses(lifecycle, events),
      statistics: new ContainerStatistics(store, lifecycle),
      output: new ContainerOutput({ components, lifecycle, attachments, paths, events }),
    },
    stop: async () => {
      attachments.endAll();
      await health.stop();
      execs.detach();
      await lifecycle.stopAll();
    },
  };
}
