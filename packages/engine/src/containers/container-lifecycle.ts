import { EngineError, messageOf } from "@gantry/core";
import type { CallOptions, ExitStatus, Logger } from "@gantry/core";

import { conflict } from "../engine-errors.ts";
import type { ContainerEvents } from "../events/container-events.ts";
import { KeyedLock } from "../keyed-lock.ts";
import { now, timestamp } from "../timestamps.ts";
import type { ContainerAttachments } from "./container-attachments.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerRemains } from "./container-remains.ts";
import type { ContainerRun } from "./container-run.ts";
import type { ContainerStarter } from "./container-starter.ts";
import type { ContainerStore } from "./container-store.ts";
import type { ContainerWaits } from "./container-waits.ts";
import { exitRecord } from "./exit-record.ts";
import { RestartSchedule } from "./restart-schedule.ts";
import { isRemoval, runLength, startedRecord, unpending } from "./record-changes.ts";
import { startFailure } from "./start-failure.ts";

/** What goes on beside a container's program for as long as it runs. */
export interface RunCompanion {
  began?(id: string, run: ContainerRun): void;
  ended?(id: string): void;
  removed?(id: string): void;
}

export interface ContainerLifecycleParts {
  store: ContainerStore;
  starter: ContainerStarter;
  remains: ContainerRemains;
  waits: ContainerWaits;
  attachments: ContainerAttachments;
  events: ContainerEvents;
  logger: Logger;
  companions: readonly RunCompanion[];
  /** Told when a container is gone: its image may be unused now. */
  removed: (container: ContainerRecord) => Promise<void>;
}

/**
 * Who starts a container: somebody by hand, the verb that has stopped it for this, or its restart policy, which gives way to
 * whatever somebody did meanwhile.
 */
export type StartCause = "hand" | "restart" | "policy";

/**
 * The states of a container and the ways between them: created → running → (paused) → exited → removed, with `restarting`
 * between exited and running. One transition at a time for each container; each is on disk before it is answered, and what is
 * begun is on disk before it is begun.
 */
export class ContainerLifecycle {
  readonly #parts: ContainerLifecycleParts;
  readonly #lock = new KeyedLock();
  readonly #runs = new Map<string, ContainerRun>();
  readonly #restarts = new RestartSchedule();

  constructor(parts: ContainerLifecycleParts) {
    this.#parts = parts;
  }

  /** The run of a container, until all it took is released. */
  run(id: string): ContainerRun | undefined {
    return this.#runs.get(id);
  }

  /** The run of a container whose program runs, paused or not. */
  running(id: string): ContainerRun | undefined {
    const status = this.#parts.store.get(id)?.state.status;
    return status === "running" || status === "paused" ? this.#runs.get(id) : undefined;
  }

  /** Changes a container's record while nothing else does. What is gone is not changed. */
  change(id: string, work: (container: ContainerRecord) => Promise<void>): Promise<void> {
    return this.#lock.run(id, async () => {
      const container = this.#parts.store.get(id);
      if (container !== undefined) await work(container);
    });
  }

  start(id: string, call: CallOptions = {}, cause: StartCause = "hand"): Promise<void> {
    return this.#lock.run(id, async () => {
      if (cause === "policy" && this.#parts.store.get(id)?.state.status !== "restarting") return;
      const container = await this.#startable(id, cause);
      if (cause !== "policy") this.#restarts.cancel(id);
      await this.#parts.store.put({ ...container, pending: "start" });
      let run: ContainerRun | undefined;
      try {
        run = await this.#parts.starter.prepare(container, call);
        this.#parts.attachments.bind(id, run);
        // Taken before: a program that ends at once does not end before it has begun.
        const startedAt = timestamp(now());
        await run.isolated.start(call);
        await this.#parts.store.put(startedRecord(container, run.isolated.pid ?? 0, cause, startedAt));
        this.#parts.events.emit(container, "start");
        this.watch(id, run);
      } catch (thrown) {
        throw await this.#startFailed(container, run, thrown);
      }
    });
  }

  /** The container, ready to be started. */
  async #startable(id: string, cause: StartCause): Promise<ContainerRecord> {
    const container = this.#parts.store.get(id);
    if (container === undefined) throw new EngineError("not-found", `No such container: ${id}`);
    const { status } = container.state;
    if (status === "running" || (status === "restarting" && cause === "hand")) {
      throw new EngineError("not-modified", `Container ${id} is already running`);
    }
    if (status === "paused") throw conflict("cannot start a paused container, try unpause instead");
    if (status === "removing" || status === "dead" || isRemoval(container)) {
      throw conflict("container is marked for removal and cannot be started");
    }
    if (container.pending !== "cleanup") return container;
    return this.#cleanUp(container);
  }

  async #startFailed(container: ContainerRecord, run: ContainerRun | undefined, thrown: unknown): Promise<EngineError> {
    const { store, remains, waits, attachments, logger } = this.#parts;
    const { exitCode, error } = startFailure(container, thrown);
    const autoRemove = container.hostConfig.autoRemove;
    const status = container.state.status === "restarting" ? "exited" : container.state.status;
    try {
      run?.cutReaders();
      await remains.release(container, run);
      await run?.pump.detach();
      const failed = { ...container, state: { ...container.state, status, exitCode, error: error.message } };
      await store.put(autoRemove ? { ...failed, pending: "remove-with-volumes" } : failed);
      waits.exited(container.id, { exitCode, error: error.message });
      attachments.end(container.id);
      if (autoRemove) await this.#erase(store.get(container.id)!);
    } catch (failure) {
      // The next engine finishes it: the record says what was begun.
      logger.error("cannot clear away a start that failed", { container: container.id, reason: messageOf(failure) });
    }
    return error;
  }

  /** Looks after a run until its end. The container's record says that it runs. */
  watch(id: string, run: ContainerRun): void {
    this.#runs.set(id, run);
    for (const companion of this.#parts.companions) companion.began?.(id, run);
    run.completion = this.#complete(id, run).catch((thrown: unknown) => {
      if (run.detached.signal.aborted) return;
      this.#parts.logger.error("cannot finish a container's run", { container: id, reason: messageOf(thrown) });
    });
  }

  async #complete(id: string, run: ContainerRun): Promise<void> {
    const status = await run.isolated.wait({ signal: run.detached.signal });
    await run.pump.finished;
    if (run.detached.signal.aborted) return;
    for (const companion of this.#parts.companions) companion.ended?.(id);
    await this.#lock.run(id, () => this.#recordExit(id, run, status));
    await run.settled();
    if (run.detached.signal.aborted) return;
    await this.#lock.run(id, async () => {
      const container = this.#parts.store.get(id);
      // Whoever started or removed it meanwhile has cleaned up first.
      if (container === undefined || this.#runs.get(id) !== run) return;
      if (isRemoval(container)) await this.#erase(container);
      else if (container.pending === "cleanup") await this.#cleanUp(container);
    });
  }

  async #recordExit(id: string, run: ContainerRun, { code, exitedAt }: ExitStatus): Promise<void> {
    const { store, waits, events } = this.#parts;
    const container = store.get(id);
    if (container === undefined) return;
    const oomKilled = run.group !== undefined && (await run.group.oomKills()) > 0;
    const output = await run.isolated.outputEnd();
    const { stoppedByHand } = run;
    const ended = exitRecord(container, { code, exitedAt, oomKilled, output, stoppedByHand });
    await store.put(ended);
    if (oomKilled) events.emit(container, "oom");
    const execDuration = String(Math.floor(runLength(ended) / 1000));
    events.emit(container, "die", { exitCode: String(code), execDuration });
    waits.exited(id, { exitCode: code });
    if (ended.state.status === "restarting" && container.pending !== "restart") this.restartLater(ended);
  }

  /** Starts a container again, whose record says that this is to be done, when its policy's next wait is over. */
  restartLater(container: ContainerRecord): void {
    const { id } = container;
    this.#restarts.add(id, runLength(container), () => {
      this.start(id, {}, "policy").catch((thrown: unknown) => {
        this.#parts.logger.error("cannot start a container again", { container: id, reason: messageOf(thrown) });
      });
    });
  }

  /** Leaves a container exited that waits for its next start. */
  cancelRestart(id: string): Promise<void> {
    return this.change(id, async (container) => {
      if (container.state.status !== "restarting") return;
      this.#restarts.cancel(id);
      const state = { ...container.state, status: "exited" } as const;
      await this.#parts.store.put({ ...container, state, stoppedByHand: true });
    });
  }

  async #cleanUp(container: ContainerRecord): Promise<ContainerRecord> {
    const run = this.#runs.get(container.id);
    run?.cutReaders();
    await this.#parts.remains.release(container, run);
    this.#runs.delete(container.id);
    const clean = unpending(container);
    await this.#parts.store.put(clean);
    return clean;
  }

  async #erase(container: ContainerRecord): Promise<void> {
    const { store, remains, waits, attachments, events, removed } = this.#parts;
    const { id, state } = container;
    const run = this.#runs.get(id);
    this.#restarts.cancel(id);
    run?.cutReaders();
    try {
      await remains.release(container, run);
      await run?.pump.finished;
      await remains.erase(container, { volumes: container.pending === "remove-with-volumes" });
      await store.delete(container);
    } catch (thrown) {
      await store.put({ ...container, state: { ...state, status: "dead", error: messageOf(thrown) } });
      throw thrown;
    }
    this.#runs.delete(id);
    for (const companion of this.#parts.companions) companion.removed?.(id);
    events.emit(container, "destroy");
    waits.removed(id, { exitCode: state.exitCode, ...(state.error === "" ? {} : { error: state.error }) });
    attachments.end(id);
    await removed(container);
  }

  pause(id: string, call: CallOptions = {}): Promise<void> {
    return this.#lock.run(id, async () => {
      const container = this.#parts.store.get(id);
      if (container?.state.status === "restarting") throw isRestarting(id);
      const run = this.running(id);
      if (container === undefined || run === undefined) throw conflict(`Container ${id} is not running`);
      if (container.state.status === "paused") throw conflict(`Container ${id} is already paused`);
      await run.isolated.pause(call);
      await this.#parts.store.put({ ...container, state: { ...container.state, status: "paused" } });
      this.#parts.events.emit(container, "pause");
    });
  }

  unpause(id: string, call: CallOptions = {}): Promise<void> {
    return this.#lock.run(id, async () => {
      const container = this.#parts.store.get(id);
      const run = this.running(id);
      if (container?.state.status !== "paused" || run === undefined) throw conflict(`Container ${id} is not paused`);
      await run.isolated.resume(call);
      await this.#parts.store.put({ ...container, state: { ...container.state, status: "running" } });
      this.#parts.events.emit(container, "unpause");
    });
  }

  /** Removes a container that does not run; one that is gone already, without an error. */
  erase(id: string, options: { volumes: boolean; refuse: (container: ContainerRecord) => Error }): Promise<void> {
    return this.change(id, async (current) => {
      if (this.running(id) !== undefined) throw options.refuse(current);
      const withVolumes = options.volumes || current.pending === "remove-with-volumes";
      const removing: ContainerRecord = {
        ...current,
        pending: withVolumes ? "remove-with-volumes" : "remove",
        state: { ...current.state, status: "removing" },
      };
      await this.#parts.store.put(removing);
      await this.#erase(removing);
    });
  }

  /** Removes a container whose record says that this was begun; or one that was never made whole. */
  finishRemoval(container: ContainerRecord): Promise<void> {
    return this.#lock.run(container.id, () => this.#erase(container));
  }

  /** Releases what a run took that is over. */
  finishCleanup(container: ContainerRecord): Promise<ContainerRecord> {
    return this.#lock.run(container.id, () => this.#cleanUp(container));
  }

  /** Lets go of all containers, which go on running; ends what is under way with the others. */
  async stopAll(): Promise<void> {
    this.#restarts.close();
    await this.#lock.idle();
    const runs = [...this.#runs].map(async ([id, run]) => {
      if (this.running(id) !== undefined) await run.detach();
      else run.cutReaders();
      await run.completion;
    });
    await Promise.all(runs);
    this.#runs.clear();
  }
}

export function isRestarting(id: string): EngineError {
  return conflict(`Container ${id} is restarting, wait until the container is running`);
}
