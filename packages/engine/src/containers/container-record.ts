import type { ContainerConfig, HostConfig } from "../engine.ts";

/** A container as it is kept in the state store (bucket `containers`, key: the id). */
export interface ContainerRecord {
  /** 64 hexadecimal digits. */
  id: string;
  /** Without a leading slash. */
  name: string;
  /** RFC 3339 with nanoseconds, as all times of a record. */
  createdAt: string;
  /** The image's id, and its name as the user gave it. */
  imageId: string;
  image: string;
  /** As it was asked for, with the image's defaults merged in. */
  config: Required<Omit<ContainerConfig, "domainname" | "stopTimeout">> &
    Pick<ContainerConfig, "domainname" | "stopTimeout">;
  hostConfig: HostConfig;
  /** What is executed: entry point and command. */
  path: string;
  args: readonly string[];
  state: ContainerState;
  restartCount: number;
  /** What is mounted into it besides the system's mounts. */
  mounts: readonly MountPoint[];
  /** Anonymous volumes that go with the container. */
  anonymousVolumes: readonly string[];
  /** Bytes of output of all earlier runs: where the next one's output record begins in the container's log. */
  outputBase: number;
  /** What was begun and is not finished; a later engine finishes or undoes it. */
  pending?: PendingWork;
}

/**
 * `create`, `start`: not answered yet. `cleanup`: exited, and what the run took is not released yet. `remove` and
 * `remove-with-volumes`: to be removed, the latter with its anonymous volumes.
 */
export type PendingWork = "create" | "start" | "cleanup" | "remove" | "remove-with-volumes";

export interface MountPoint {
  type: "bind" | "volume" | "tmpfs";
  /** The host path, or the volume's name. */
  source: string;
  /** Absolute inside the container. */
  destination: string;
  readonly: boolean;
  options: readonly string[];
  /** Leave a new volume empty. */
  nocopy?: boolean;
}

export type ContainerStatus = "created" | "running" | "paused" | "exited" | "removing" | "dead";

export interface ContainerState {
  status: ContainerStatus;
  /** Of the first process on the host; 0 when it does not run. */
  pid: number;
  exitCode: number;
  /** Why the last start failed. */
  error: string;
  oomKilled: boolean;
  startedAt?: string;
  finishedAt?: string;
}

export interface ContainerSummary {
  id: string;
  name: string;
  image: string;
  imageId: string;
  command: string;
  createdAt: string;
  state: ContainerState;
  labels: Readonly<Record<string, string>>;
}
