import type { CallOptions, ResourceUsage, TreeChange } from "@gantry/core";

export type { HealthCheck } from "@gantry/oci";

import type { ContainerConfig, HostConfig, StopOptions } from "../engine.ts";

/** The verbs of containers beyond their life cycle. */
export interface ContainerVerbs {
  /** Stops it, where it runs, and starts it. */
  restart(reference: string, options?: StopOptions, call?: CallOptions): Promise<void>;
  /** `conflict` when the name is taken. */
  rename(reference: string, name: string, call?: CallOptions): Promise<void>;
  /** Changes limits, also of a running container, and the restart policy. `invalid-argument` names the field. */
  update(reference: string, changes: ContainerUpdate, call?: CallOptions): Promise<{ warnings: readonly string[] }>;
  /** The processes as ps(1) on the host sees them; `conflict` when it does not run. */
  top(reference: string, psArguments?: string, call?: CallOptions): Promise<ProcessTable>;
  /** One sample a second until aborted; one alone without `stream`. A container that does not run gives empty samples. */
  stats(reference: string, options?: StatsOptions): AsyncIterable<ContainerStats>;
  /** What differs from the image, in byte order of the paths. */
  changes(reference: string, call?: CallOptions): AsyncIterable<TreeChange>;
  /** The merged root as a tar stream, running or not. */
  export(reference: string, call?: CallOptions): AsyncIterable<Uint8Array>;
  /** One path within the root; links on the way are followed beneath the root. `not-found` with Docker's text. */
  statPath(reference: string, path: string, call?: CallOptions): Promise<PathStat>;
  /** A tar stream of one path, as `docker cp` takes it. */
  readPath(
    reference: string,
    path: string,
    call?: CallOptions,
  ): Promise<{ stat: PathStat; archive: AsyncIterable<Uint8Array> }>;
  /** Unpacks a tar stream, plain or compressed, into a directory. `forbidden` when it lies on a read-only mount or root. */
  writePath(
    reference: string,
    path: string,
    archive: AsyncIterable<Uint8Array>,
    options?: WritePathOptions,
  ): Promise<void>;
  /** A new image of what changed, on the container's image; a running container is paused for the snapshot. */
  commit(reference: string, options?: CommitOptions): Promise<{ id: string }>;
  /** Removes containers that do not run. */
  prune(filters?: Filters, call?: CallOptions): Promise<{ deleted: readonly string[]; reclaimedBytes: number }>;
}

export type Filters = Readonly<Record<string, readonly string[]>>;

export interface ContainerUpdate {
  resources?: Partial<HostConfig["resources"]>;
  restartPolicy?: RestartPolicy;
}

/** `maximumRetryCount` belongs to `on-failure`; 0: no bound. */
export interface RestartPolicy {
  name: "no" | "always" | "unless-stopped" | "on-failure";
  maximumRetryCount: number;
}

export interface HealthState {
  status: "starting" | "healthy" | "unhealthy";
  failingStreak: number;
  /** The last five. */
  log: readonly { start: string; end: string; exitCode: number; output: string }[];
}

export interface ProcessTable {
  titles: readonly string[];
  processes: readonly (readonly string[])[];
}

export interface StatsOptions extends CallOptions {
  stream?: boolean;
  /** Without `stream`: answer with the first sample and without a previous one. */
  oneShot?: boolean;
}

export interface ContainerStats {
  id: string;
  name: string;
  read: ContainerSample;
  previous?: ContainerSample;
}

export interface ContainerSample {
  /** RFC 3339. */
  time: string;
  usage?: ResourceUsage;
  /** Nanoseconds of CPU time of the whole host. */
  systemCpu: number;
  onlineCpus: number;
  /** Over all interfaces; absent where it has no network of its own. */
  network?: { receivedBytes: number; sentBytes: number };
}

/** As `X-Docker-Container-Path-Stat` tells it. */
export interface PathStat {
  name: string;
  size: number;
  /** As Go's os.FileMode holds type and permissions. */
  mode: number;
  /** RFC 3339. */
  mtime: string;
  linkTarget: string;
}

export interface WritePathOptions extends CallOptions {
  /** Refuse to replace a directory by a file, and the reverse. */
  noOverwriteDirNonDir?: boolean;
  /** Keep owners as the archive has them; else they become root's. */
  keepOwners?: boolean;
}

export interface CommitOptions extends CallOptions {
  /** `repo:tag`; without it the image has no name. */
  reference?: string;
  author?: string;
  message?: string;
  /** Dockerfile instructions: `CMD ["x"]`, `ENV A=b`. */
  changes?: readonly string[];
  /** Default true. */
  pause?: boolean;
  config?: Partial<ContainerConfig>;
}
