import type { ContainerConfig, HostConfig } from "../engine.ts";
import type { HealthState } from "../face/container-verbs.ts";

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
  config: Required<Omit<ContainerConfig, OptionalField>> & Pick<ContainerConfig, OptionalField>;
  hostConfig: HostConfig;
  /** What is executed: entry point and command. */
  path: string;
  args: readonly string[];
  state: ContainerState;
  /** How often its restart policy has started it again since it was last started by hand. */
  restartCount: number;
  /** Set from when somebody stops it until somebody starts it: its restart policy then rests. */
  stoppedByHand?: true;
  /** What is mounted into it besides the system's mounts. */
  mounts: readonly MountPoint[];
  /** Anonymous volumes that go with the container. */
  anonymousVolumes: readonly string[];
  /** Bytes of output of all earlier runs: where the next one's output record begins in the container's log. */
  outputBase: number;
  /** What was begun and is not finished; a later engine finishes or undoes it. */
  pending?: PendingWork;
}

/** What a container has only if it was asked for. */
type OptionalField = "domainname" | "stopTimeout" | "healthcheck" | "shell" | "clientFields";

/**
 * `create`, `start`: not answered yet. `restart`: to be stopped and started again. `update`: its limits are not in force yet.
 * `commit`: frozen for the moment of a snapshot. `cleanup`: exited, and what the run took is not released yet. `remove`
 * and `remove-with-volumes`: to be removed, the latter with its anonymous volumes.
 */
export type PendingWork =
  | "create"
  | "start"
  | "restart"
  | "update"
  | "commit"
  | "cleanup"
  | "remove"
  | "remove-with-volumes";

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

/** `restarting`: exited, and to be started again in a moment. */
export type ContainerStatus = "created" | "running" | "paused" | "restarting" | "exited" | "removing" | "dead";

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
  /** Where there is a health check. */
  health?: HealthState;
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
