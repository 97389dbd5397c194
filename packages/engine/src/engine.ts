import { token } from "@gantry/core";
import type { CallOptions, ConsoleSize, LogEntry, ProgressEvent, ResourceLimits } from "@gantry/core";
import type { HealthCheck, ImageDefaults } from "@gantry/oci";

import type { ContainerRecord, ContainerSummary } from "./containers/container-record.ts";
import type { ContainerVerbs, RestartPolicy } from "./face/container-verbs.ts";
import type { DiskUsage } from "./face/disk-usage.ts";
import type { Events } from "./face/events.ts";
import type { Execs } from "./face/execs.ts";
import type { ImageVerbs } from "./face/image-verbs.ts";
import type { Volumes } from "./face/volumes.ts";
import type { ImageSummary } from "./images/image-record.ts";

/**
 * The engine: what a daemon's API, a CLI or a program that embeds it calls.
 *
 * A *reference* to a container is its id, an unambiguous prefix of it, or its name (with or without a leading `/`); to an
 * image its id, an unambiguous prefix (with or without `sha256:`), or a name with tag or digest, as Docker resolves them.
 * Every change of state is on disk before the call answers. Errors are `EngineError`s whose messages are Docker's where
 * clients match on them (`No such container: x`).
 */
export interface Engine {
  readonly containers: Containers;
  readonly images: Images;
  readonly execs: Execs;
  readonly events: Events;
  readonly volumes: Volumes;
  /** Measured when it is asked for. */
  diskUsage(call?: CallOptions): Promise<DiskUsage>;
  info(options?: CallOptions): Promise<EngineInfo>;
}
export const Engine = token<Engine>("engine/Engine");

export interface Containers extends ContainerVerbs {
  /** @returns the new container's id, with what the user should know. `not-found` when the image is not here. */
  create(options: CreateContainer, call?: CallOptions): Promise<{ id: string; warnings: readonly string[] }>;
  /** `not-modified` when it runs already. */
  start(reference: string, call?: CallOptions): Promise<void>;
  /** Sends the stop signal, after `timeout` seconds (-1: never) SIGKILL. `not-modified` when it does not run. */
  stop(reference: string, options?: StopOptions, call?: CallOptions): Promise<void>;
  /** @param signal number or name, with or without SIG. `conflict` when it does not run. */
  kill(reference: string, signal?: string, call?: CallOptions): Promise<void>;
  pause(reference: string, call?: CallOptions): Promise<void>;
  unpause(reference: string, call?: CallOptions): Promise<void>;
  /** The exit code. `removed` waits until the container is gone as well. */
  wait(reference: string, condition?: WaitCondition, call?: CallOptions): Promise<WaitResult>;
  /** `conflict` when it runs and `force` is not set. */
  remove(reference: string, options?: RemoveOptions, call?: CallOptions): Promise<void>;
  list(options?: ListOptions, call?: CallOptions): Promise<readonly ContainerSummary[]>;
  inspect(reference: string, call?: CallOptions): Promise<ContainerRecord>;
  /** In the order in which they were written. */
  logs(reference: string, query?: LogsQuery): AsyncIterable<LogEntry>;
  /** Before or after the start: streams from now on. */
  attach(reference: string, options?: AttachOptions, call?: CallOptions): Promise<Attachment>;
  resize(reference: string, size: ConsoleSize, call?: CallOptions): Promise<void>;
}

export interface Images extends ImageVerbs {
  list(call?: CallOptions): Promise<readonly ImageSummary[]>;
  /** Gets an image from the first source that accepts the reference. `not-found` when none does. */
  pull(reference: string, options?: PullOptions): Promise<{ id: string; digest: string; upToDate: boolean }>;
  /** Makes an image of one layer out of a tar stream, plain or compressed. */
  importLayer(layer: AsyncIterable<Uint8Array>, options?: ImportOptions): Promise<{ id: string }>;
  /** Whether it is here, by reference. */
  has(reference: string, call?: CallOptions): Promise<boolean>;
  /** Removes a name, and with the last name the image. `conflict` while a container uses it, unless `force`. */
  remove(reference: string, options?: RemoveImageOptions, call?: CallOptions): Promise<RemovedImage>;
}

export interface RemoveImageOptions {
  force?: boolean;
  /** Keep parents that have no name. This engine has none: they are for engines whose builds leave some. */
  noPrune?: boolean;
}

export interface RemovedImage {
  untagged: readonly string[];
  deleted: readonly string[];
}

export interface CreateContainer {
  /** Without it one is made up: `adjective_surname`. */
  name?: string;
  config: ContainerConfig;
  hostConfig?: Partial<HostConfig>;
}

/** What belongs to the container wherever it runs; absent fields are the image's. */
export interface ContainerConfig {
  image: string;
  /** Replaces the image's command. */
  command?: readonly string[];
  /** Replaces the image's entry point; `[]` removes it. */
  entrypoint?: readonly string[];
  env?: readonly string[];
  workingDirectory?: string;
  user?: string;
  hostname?: string;
  domainname?: string;
  terminal?: boolean;
  openStdin?: boolean;
  /** Close the standard input when the first attached client closes its own. */
  stdinOnce?: boolean;
  labels?: Readonly<Record<string, string>>;
  stopSignal?: string;
  /** Seconds. */
  stopTimeout?: number;
  /** `["NONE"]` turns the image's off. */
  healthcheck?: HealthCheck;
  /** What the shell form of a health check is given to; absent: `/bin/sh -c`. */
  shell?: readonly string[];
  /** What a client said that means nothing to the engine; kept for it to be told back. JSON. */
  clientFields?: Readonly<Record<string, unknown>>;
}

/** What belongs to this host. */
export interface HostConfig {
  /** `nanoCpus`: CPUs times 10⁹, instead of quota and period. */
  resources: Omit<ResourceLimits, "devices"> & { nanoCpus?: number };
  /** `host-path-or-volume:destination[:ro]` */
  binds: readonly string[];
  tmpfs: Readonly<Record<string, string>>;
  networkMode: "none" | "host";
  readonlyRoot: boolean;
  /** Not together with a restart policy. */
  autoRemove: boolean;
  restartPolicy: RestartPolicy;
  /** A first process that reaps zombies and passes signals on to the command. */
  init: boolean;
  privileged: boolean;
  /** Names with or without `CAP_`, or `ALL`. */
  capabilitiesAdd: readonly string[];
  capabilitiesDrop: readonly string[];
  /** `seccomp=unconfined`, `no-new-privileges` */
  securityOptions: readonly string[];
  groupAdd: readonly string[];
  ulimits: readonly { name: string; soft: number; hard: number }[];
  sysctls: Readonly<Record<string, string>>;
  /** Bytes. */
  shmSize: number;
  oomScoreAdj: number;
  logDriver: { name: string; options: Readonly<Record<string, string>> };
  consoleSize?: ConsoleSize;
}

export interface StopOptions {
  signal?: string;
  /** Seconds; the container's own or 10 when absent. */
  timeout?: number;
}

export type WaitCondition = "not-running" | "next-exit" | "removed";

export interface WaitResult {
  exitCode: number;
  error?: string;
}

export interface RemoveOptions {
  force?: boolean;
  /** Anonymous volumes too. */
  volumes?: boolean;
}

export interface ListOptions {
  /** Also those that do not run. */
  all?: boolean;
  /** The last so many created, whatever their state. */
  limit?: number;
  filters?: Readonly<Record<string, readonly string[]>>;
}

export interface LogsQuery extends CallOptions {
  stdout?: boolean;
  stderr?: boolean;
  follow?: boolean;
  since?: bigint;
  until?: bigint;
  tail?: number;
  /** The caller has no use for the times of the entries, which need then not be true. */
  untimed?: boolean;
}

export interface AttachOptions {
  /** Start with what is kept of the output. */
  replay?: boolean;
  /** False: this client only reads, and its going does not end the container's input. Default true. */
  stdin?: boolean;
  /** `ctrl-p,ctrl-q`, for an engine behind a server that watches what is typed itself. */
  detachKeys?: string;
}

/** To be read to its end or closed: until then what it has not read is kept, and an `autoRemove` container with it. */
export interface Attachment {
  readonly terminal: boolean;
  /** Ends when the container has stopped and all was delivered. */
  output: AsyncIterable<LogEntry>;
  writeStdin(data: Uint8Array): Promise<void>;
  closeStdin(): Promise<void>;
  close(): Promise<void>;
}

export interface PullOptions extends CallOptions {
  progress?: (event: ProgressEvent) => void;
}

export interface ImportOptions extends CallOptions {
  /** The image's name; without it the image has its id only. */
  name?: string;
  config?: Partial<ImageDefaults>;
  /** Dockerfile instructions, as those of a commit. */
  changes?: readonly string[];
  comment?: string;
}

export interface EngineInfo {
  version: string;
  containers: { total: number; running: number; paused: number; stopped: number };
  images: number;
  storageDriver: string;
  isolationBackend: string;
  limiter: { name: string; version: number } | undefined;
  dataRoot: string;
  /** Every plugin of the kernel, also those that this machine cannot run, with the reason. */
  warnings: readonly string[];
}
