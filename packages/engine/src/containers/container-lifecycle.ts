import { setTimeout as delay } from "node:timers/promises";

import { EngineError, messageOf } from "@gantry/core";
import type { CallOptions, ExitStatus, Logger } from "@gantry/core";

import { conflict } from "../engine-errors.ts";
import type { RemoveOptions, StopOptions, WaitCondition, WaitResult } from "../engine.ts";
import { KeyedLock } from "../keyed-lock.ts";
import { signalNumber } from "../signals.ts";
import { now, timestamp } from "../timestamps.ts";
import type { ContainerAttachments } from "./container-attachments.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerRemains } from "./container-remains.ts";
import type { ContainerRun } from "./container-run.ts";
import type { ContainerStarter } from "./container-starter.ts";
import type { ContainerStore } from "./container-store.ts";
import type { ContainerWaits } from "./container-waits.ts";
import { startFailure } from "./start-failure.ts";

const defaultStopTimeout = 10;
const killTimeout = 10;
const sigkill = 9;
/** Milliseconds; a longer timer would go off at once. */
const maximumDelay = 2 ** 31 - 1;

export interface ContainerLifecycleParts {
  store: ContainerStore;
  starter: ContainerStarter;
  remains: ContainerRemains;
  waits: ContainerWaits;
  attachments: ContainerAttachments;
  logger: Logger;
  /** Told when a container is gone: its image may be unused now. */
  removed: (container: ContainerRecord) => Promise<void>;
}

/**
 * The states of a container and the ways between them: created → running → (paused) → exited → removed. One transition at a
 * time for each container; each is on disk before it is answered, and what is begun is on disk before it is begun.
 */
export class ContainerLifecycle {
  readonly #parts: ContainerLifecycleParts;
  readonly #lock = new KeyedLock();
  readonly #runs = new Map<string, ContainerRun>();

  constructor(parts: ContainerLifecycleParts) {
    this.#parts = parts;
  }

  /** The run of a container, until all it took is released. */
  run(id: string): ContainerRun | undefined {
    return this.#runs.get(id);
  }

  start(id: string, call: CallOptions = {}): Promise<void> {
    return this.#lock.run(id, async () => {
      const container = await this.#startable(id);
      await this.#parts.store.put({ ...container, pending: "start" });
      let run: ContainerRun | undefined;
      try {
        run = await this.#parts.starter.prepare(container, call);
        this.#parts.attachments.bind(id, run);
        await run.isolated.start(call);
        await this.#parts.store.put({
          ...unpending(container),
          state: {
            status: "running",
            pid: run.isolated.pid ?? 0,
            exitCode: 0,
            error: "",
            oomKilled: false,
            startedAt: timestamp(now()),
          },
        });
        this.watch(id, run);
      } catch (thrown) {
        throw await this.#startFailed(container, run, thrown);
      }
    });
  }

  /** The container, ready to be started. */
  async #startable(id: string): Promise<ContainerRecord> {
    const container = this.#parts.store.get(id);
    if (container === undefined) throw new EngineError("not-found", `No such container: ${id}`);
    const { status } = container.state;
    if (status === "running") throw new EngineError("not-modified", `Container ${id} is already running`);
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
    try {
      run?.readers.cut();
      await remains.release(container, run);
      await run?.pump.detach();
      const failed = { ...container, state: { ...container.state, exitCode, error: error.message } };
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
    run.completion = this.#complete(id, run).catch((thrown: unknown) => {
      if (run.detached.signal.aborted) return;
      this.#parts.logger.error("cannot finish a container's run", { container: id, reason: messageOf(thrown) });
    });
  }

  async #complete(id: string, run: ContainerRun): Promise<void> {
    const status = await run.isolated.wait({ signal: run.detached.signal });
    await run.pump.finished;
    if (run.detached.signal.aborted) return;
    await this.#lock.run(id, () => this.#recordExit(id, run, status));
    await run.readers.settled();
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
    const { store, waits } = this.#parts;
    const container = store.get(id);
    if (container === undefined) return;
    const oomKilled = run.group !== undefined && (await run.group.oomKills()) > 0;
    const outputBase = container.outputBase + (await run.isolated.outputEnd());
    const state = { ...container.state, status: "exited", pid: 0, exitCode: code, oomKilled } as const;
    const pending = container.hostConfig.autoRemove ? "remove-with-volumes" : "cleanup";
    await store.put({ ...container, outputBase, pending, state: { ...state, finishedAt: timestamp(exitedAt) } });
    waits.exited(id, { exitCode: code });
  }

  async #cleanUp(container: ContainerRecord): Promise<ContainerRecord> {
    const run = this.#runs.get(container.id);
    run?.readers.cut();
    await this.#parts.remains.release(container, run);
    this.#runs.delete(container.id);
    const clean = unpending(container);
    await this.#parts.store.put(clean);
    return clean;
  }

  async #erase(container: ContainerRecord): Promise<void> {
    const { store, remains, waits, attachments, removed } = this.#parts;
    const { id, state } = container;
    const run = this.#runs.get(id);
    run?.readers.cut();
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
    waits.removed(id, { exitCode: state.exitCode, ...(state.error === "" ? {} : { error: state.error }) });
    attachments.end(id);
    await removed(container);
  }

  async kill(container: ContainerRecord, signal: string, call: CallOptions = {}): Promise<void> {
    const number = signalNumber(signal);
    await this.#signal(container, number, call);
  }

  async #signal({ id }: ContainerRecord, number: number, call: CallOptions): Promise<void> {
    const run = this.#running(id);
    if (run === undefined) throw conflict(`Cannot kill container: ${id}: Container ${id} is not running`);
    await run.isolated.kill(number, call);
    // A frozen process dies of no signal.
    if (number === sigkill && this.#parts.store.get(id)?.state.status === "paused") await run.isolated.resume(call);
  }

  async stop(container: ContainerRecord, options: StopOptions = {}, call: CallOptions = {}): Promise<void> {
    const { id, config } = container;
    const signal = signalNumber(options.signal ?? config.stopSignal);
    const timeout = options.timeout ?? config.stopTimeout ?? defaultStopTimeout;
    if (this.#running(id) === undefined) throw new EngineError("not-modified", `Container ${id} is already stopped`);
    const exit = this.#nextExit(id, call);
    if (this.#parts.store.get(id)?.state.status === "paused") await this.unpause(id, call);
    await this.#signalIfRunning(container, signal, call);
    if (timeout >= 0 && !(await within(timeout, exit))) {
      await this.#signalIfRunning(container, sigkill, call);
      if (!(await within(killTimeout, exit))) {
        throw new EngineError("internal", `tried to kill container ${id}, but did not receive an exit event`);
      }
    }
    await exit;
  }

  /** It may end by itself at any time, which is what is wanted. */
  async #signalIfRunning(container: ContainerRecord, number: number, call: CallOptions): Promise<void> {
    await this.#signal(container, number, call).catch((thrown: unknown) => {
      if (!(thrown instanceof EngineError) || thrown.code !== "conflict") throw thrown;
    });
  }

  pause(id: string, call: CallOptions = {}): Promise<void> {
    return this.#lock.run(id, async () => {
      const container = this.#parts.store.get(id);
      const run = this.#running(id);
      if (container === undefined || run === undefined) throw conflict(`Container ${id} is not running`);
      if (container.state.status === "paused") throw conflict(`Container ${id} is already paused`);
      await run.isolated.pause(call);
      await this.#parts.store.put({ ...container, state: { ...container.state, status: "paused" } });
    });
  }

  unpause(id: string, call: CallOptions = {}): Promise<void> {
    return this.#lock.run(id, async () => {
      const container = this.#parts.store.get(id);
      const run = this.#running(id);
      if (container?.state.status !== "paused" || run === undefined) throw conflict(`Container ${id} is not paused`);
      await run.isolated.resume(call);
      await this.#parts.store.put({ ...container, state: { ...container.state, status: "running" } });
    });
  }

  async wait({ id, state }: ContainerRecord, condition: WaitCondition, call: CallOptions = {}): Promise<WaitResult> {
    if (condition === "removed") return this.#parts.waits.next("removal", id, call.signal);
    if (condition === "not-running" && state.status !== "running" && state.status !== "paused") {
      return { exitCode: state.exitCode, ...(state.error === "" ? {} : { error: state.error }) };
    }
    return this.#parts.waits.next("exit", id, call.signal);
  }

  async remove(container: ContainerRecord, options: RemoveOptions = {}, call: CallOptions = {}): Promise<void> {
    const { id, state } = container;
    if (state.status === "running" || state.status === "paused") {
      if (!options.force) throw stillRunning(container);
      const exit = this.#nextExit(id, call);
      await this.#signalIfRunning(container, sigkill, call);
      if (!(await within(killTimeout, exit))) {
        throw new EngineError("internal", `cannot kill container ${id}: it did not exit within ${killTimeout} seconds`);
      }
    }
    await this.#lock.run(id, async () => {
      const current = this.#parts.store.get(id);
      // Removed by somebody else meanwhile, or by itself.
      if (current === undefined) return;
      if (this.#running(id) !== undefined) throw stillRunning(current);
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
    await this.#lock.idle();
    const runs = [...this.#runs].map(async ([id, run]) => {
      if (this.#running(id) !== undefined) await run.detach();
      else run.readers.cut();
      await run.completion;
    });
    await Promise.all(runs);
    this.#runs.clear();
  }

  #running(id: string): ContainerRun | undefined {
    const status = this.#parts.store.get(id)?.state.status;
    return status === "running" || status === "paused" ? this.#runs.get(id) : undefined;
  }

  /** The exit of a container that runs now; it may be over before anybody awaits it, or never be awaited. */
  #nextExit(id: string, call: CallOptions): Promise<WaitResult> {
    const exit = this.#parts.waits.next("exit", id, call.signal);
    exit.catch(() => {});
    return exit;
  }
}

function unpending({ pending: _pending, ...container }: ContainerRecord): ContainerRecord {
  return container;
}

function isRemoval({ pending }: ContainerRecord): boolean {
  return pending === "remove" || pending === "remove-with-volumes";
}

function stillRunning({ id, state }: ContainerRecord): EngineError {
  return state.status === "paused"
    ? conflict(
        `You cannot remove a paused container ${id}. Unpause and then stop the container before attempting removal or force remove`,
      )
    : conflict(
        `You cannot remove a running container ${id}. Stop the container before attempting removal or force remove`,
      );
}

/** Whether something happens within so many seconds. */
async function within(seconds: number, event: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      event.then(() => true),
      delay(Math.min(seconds * 1000, maximumDelay), false, { signal: timer.signal }).catch(() => false),
    ]);
  } finally {
    timer.abort();
  }
}
