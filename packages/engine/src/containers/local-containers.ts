import type { CallOptions, ConsoleSize, LogEntry, TreeChange } from "@gantry/core";

import type {
  AttachOptions,
  Attachment,
  Containers,
  CreateContainer,
  ListOptions,
  LogsQuery,
  RemoveOptions,
  StopOptions,
  WaitCondition,
  WaitResult,
} from "../engine.ts";
import type {
  CommitOptions,
  ContainerStats,
  ContainerUpdate,
  Filters,
  PathStat,
  ProcessTable,
  StatsOptions,
  WritePathOptions,
} from "../face/container-verbs.ts";
import type { ContainerFiles } from "../files/container-files.ts";
import type { ContainerProcesses } from "../processes/container-processes.ts";
import type { ContainerChanges } from "./container-changes.ts";
import type { ContainerCommitter } from "./container-committer.ts";
import type { ContainerControl } from "./container-control.ts";
import type { ContainerCreator } from "./container-creator.ts";
import { selectContainers } from "./container-filters.ts";
import type { ContainerLifecycle } from "./container-lifecycle.ts";
import type { ContainerOutput } from "./container-output.ts";
import type { ContainerPruner } from "./container-pruner.ts";
import type { ContainerRecord, ContainerSummary } from "./container-record.ts";
import type { ContainerStatistics } from "./container-statistics.ts";
import type { ContainerStore } from "./container-store.ts";

export interface LocalContainersParts {
  store: ContainerStore;
  files: ContainerFiles;
  committer: ContainerCommitter;
  pruner: ContainerPruner;
  creator: ContainerCreator;
  lifecycle: ContainerLifecycle;
  control: ContainerControl;
  changes: ContainerChanges;
  processes: ContainerProcesses;
  statistics: ContainerStatistics;
  output: ContainerOutput;
}

/** The verbs of containers, each on the container that its reference means. */
export class LocalContainers implements Containers {
  readonly #parts: LocalContainersParts;

  constructor(parts: LocalContainersParts) {
    this.#parts = parts;
  }

  create(options: CreateContainer, call?: CallOptions): Promise<{ id: string; warnings: readonly string[] }> {
    return this.#parts.creator.create(options, call);
  }

  async start(reference: string, call?: CallOptions): Promise<void> {
    await this.#parts.lifecycle.start(this.#find(reference).id, call);
  }

  async stop(reference: string, options?: StopOptions, call?: CallOptions): Promise<void> {
    await this.#parts.control.stop(this.#find(reference), options, call);
  }

  async restart(reference: string, options?: StopOptions, call?: CallOptions): Promise<void> {
    await this.#parts.control.restart(this.#find(reference), options, call);
  }

  async kill(reference: string, signal = "KILL", call?: CallOptions): Promise<void> {
    await this.#parts.control.kill(this.#find(reference), signal, call);
  }

  async pause(reference: string, call?: CallOptions): Promise<void> {
    await this.#parts.lifecycle.pause(this.#find(reference).id, call);
  }

  async unpause(reference: string, call?: CallOptions): Promise<void> {
    await this.#parts.lifecycle.unpause(this.#find(reference).id, call);
  }

  async wait(reference: string, condition: WaitCondition = "not-running", call?: CallOptions): Promise<WaitResult> {
    return this.#parts.control.wait(this.#find(reference), condition, call);
  }

  async remove(reference: string, options?: RemoveOptions, call?: CallOptions): Promise<void> {
    await this.#parts.control.remove(this.#find(reference), options, call);
  }

  async list(options: ListOptions = {}): Promise<readonly ContainerSummary[]> {
    const { store } = this.#parts;
    return selectContainers(store.list(), options, (reference) => store.find(reference)).map(summaryOf);
  }

  async inspect(reference: string): Promise<ContainerRecord> {
    return this.#find(reference);
  }

  async rename(reference: string, name: string): Promise<void> {
    await this.#parts.changes.rename(this.#find(reference), name);
  }

  async update(
    reference: string,
    changes: ContainerUpdate,
    call?: CallOptions,
  ): Promise<{ warnings: readonly string[] }> {
    return this.#parts.changes.update(this.#find(reference), changes, call);
  }

  async top(reference: string, psArguments?: string, call?: CallOptions): Promise<ProcessTable> {
    return this.#parts.processes.top(this.#find(reference), psArguments, call);
  }

  async *stats(reference: string, options?: StatsOptions): AsyncGenerator<ContainerStats> {
    yield* this.#parts.statistics.read(this.#find(reference), options);
  }

  async *changes(reference: string, call?: CallOptions): AsyncGenerator<TreeChange> {
    yield* this.#parts.files.changes(this.#find(reference), call);
  }

  async *export(reference: string, call?: CallOptions): AsyncGenerator<Uint8Array> {
    yield* this.#parts.files.export(this.#find(reference), call);
  }

  async statPath(reference: string, path: string, call?: CallOptions): Promise<PathStat> {
    return this.#parts.files.statPath(this.#find(reference), path, call);
  }

  async readPath(
    reference: string,
    path: string,
    call?: CallOptions,
  ): Promise<{ stat: PathStat; archive: AsyncIterable<Uint8Array> }> {
    return this.#parts.files.readPath(this.#find(reference), path, call);
  }

  async writePath(
    reference: string,
    path: string,
    archive: AsyncIterable<Uint8Array>,
    options?: WritePathOptions,
  ): Promise<void> {
    await this.#parts.files.writePath(this.#find(reference), path, archive, options);
  }

  async commit(reference: string, options?: CommitOptions): Promise<{ id: string }> {
    return this.#parts.committer.commit(this.#find(reference), options);
  }

  prune(filters?: Filters, call?: CallOptions): Promise<{ deleted: readonly string[]; reclaimedBytes: number }> {
    return this.#parts.pruner.prune(filters, call);
  }

  async *logs(reference: string, query?: LogsQuery): AsyncGenerator<LogEntry> {
    yield* this.#parts.output.logs(this.#find(reference), query);
  }

  async attach(reference: string, options?: AttachOptions, call?: CallOptions): Promise<Attachment> {
    return this.#parts.output.attach(this.#find(reference), options, call);
  }

  async resize(reference: string, size: ConsoleSize, call?: CallOptions): Promise<void> {
    await this.#parts.control.resize(this.#find(reference), size, call);
  }

  #find(reference: string): ContainerRecord {
    return this.#parts.store.find(reference);
  }
}

function summaryOf(container: ContainerRecord): ContainerSummary {
  const { id, name, image, imageId, path, args, createdAt, state, config } = container;
  return { id, name, image, imageId, command: [path, ...args].join(" "), createdAt, state, labels: config.labels };
}
