import { setTimeout as delay } from "node:timers/promises";

import { EngineError, isEngineError } from "@gantry/core";
import type { CallOptions, ConsoleSize } from "@gantry/core";

import { conflict } from "../engine-errors.ts";
import type { RemoveOptions, StopOptions, WaitCondition, WaitResult } from "../engine.ts";
import type { ContainerEvents } from "../events/container-events.ts";
import { signalNumber } from "../signals.ts";
import type { ContainerLifecycle } from "./container-lifecycle.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerRun } from "./container-run.ts";
import type { ContainerStore } from "./container-store.ts";
import type { ContainerWaits } from "./container-waits.ts";
import { unpending } from "./record-changes.ts";

const defaultStopTimeout = 10;
const killTimeout = 10;
const sigkill = 9;
/** Milliseconds; a longer timer would go off at once. */
const maximumDelay = 2 ** 31 - 1;

export interface ContainerControlParts {
  store: ContainerStore;
  lifecycle: ContainerLifecycle;
  waits: ContainerWaits;
  events: ContainerEvents;
}

/** The verbs that act on a container's run from outside: signals, its end, its terminal. */
export class ContainerControl {
  readonly #parts: ContainerControlParts;

  constructor(parts: ContainerControlParts) {
    this.#parts = parts;
  }

  async kill(container: ContainerRecord, signal: string, call: CallOptions = {}): Promise<void> {
    const number = signalNumber(signal);
    // What is meant to end it ends it for good, policy or not.
    const final = number === sigkill || number === signalNumber(container.config.stopSignal);
    if (final && container.state.status === "restarting") return this.#parts.lifecycle.cancelRestart(container.id);
    if (final) await this.#keepStopped(container);
    await this.#signal(container, number, final, call);
  }

  /** @param final the process is to end by it: a frozen one, which dies of no signal, is thawed */
  async #signal(container: ContainerRecord, number: number, final: boolean, call: CallOptions): Promise<void> {
    const { lifecycle, store, events } = this.#parts;
    const { id } = container;
    const run = lifecycle.running(id);
    if (run === undefined) throw conflict(`Cannot kill container: ${id}: Container ${id} is not running`);
    await run.isolated.kill(number, call);
    events.emit(container, "kill", { signal: String(number) });
    if (final && store.get(id)?.state.status === "paused") await unlessEnded(lifecycle.unpause(id, call));
  }

  async stop(container: ContainerRecord, options: StopOptions = {}, call: CallOptions = {}): Promise<void> {
    const { lifecycle, events } = this.#parts;
    const { id } = container;
    checkSignal(container, options);
    if (container.state.status === "restarting") await lifecycle.cancelRestart(id);
    else if (lifecycle.running(id) === undefined) {
      throw new EngineError("not-modified", `Container ${id} is already stopped`);
    } else {
      const ending = this.#ending(id, call);
      await this.#keepStopped(container);
      await this.#end(container, ending, options, call);
    }
    events.emit(container, "stop");
  }

  async restart(container: ContainerRecord, options: StopOptions = {}, call: CallOptions = {}): Promise<void> {
    const { lifecycle, events } = this.#parts;
    const { id } = container;
    checkSignal(container, options);
    if (lifecycle.running(id) !== undefined) {
      const ending = this.#ending(id, call);
      await this.#mark(id, "restart");
      try {
        await this.#end(container, ending, options, call);
      } catch (thrown) {
        await this.#mark(id, undefined);
        throw thrown;
      }
      events.emit(container, "stop");
    }
    await lifecycle.start(id, call, "restart");
    events.emit(container, "restart");
  }

  /** Notes in a running container's record what is to become of it. */
  #mark(id: string, pending: "restart" | undefined): Promise<void> {
    const { lifecycle, store } = this.#parts;
    return lifecycle.change(id, async (container) => {
      if (lifecycle.running(id) === undefined) return;
      await store.put(pending === undefined ? unpending(container) : { ...container, pending });
    });
  }

  /** Written down before the signal where the policy would start it again, else together with the exit. */
  #keepStopped({ id }: ContainerRecord): Promise<void> {
    const { lifecycle, store } = this.#parts;
    return lifecycle.change(id, async (container) => {
      const run: ContainerRun | undefined = lifecycle.running(id);
      if (run === undefined) return;
      run.stoppedByHand = true;
      if (container.hostConfig.restartPolicy.name === "no" || container.stoppedByHand) return;
      await store.put({ ...container, stoppedByHand: true });
    });
  }

  /** Asks the process to end, then makes it end. */
  async #end(
    container: ContainerRecord,
    { exit, gone }: Ending,
    options: StopOptions,
    call: CallOptions,
  ): Promise<void> {
    const { id, config } = container;
    const timeout = options.timeout ?? config.stopTimeout ?? defaultStopTimeout;
    await unlessEnded(this.#signal(container, signalNumber(options.signal ?? config.stopSignal), true, call));
    if (timeout >= 0 && !(await within(timeout, gone))) {
      await unlessEnded(this.#signal(container, sigkill, true, call));
      if (!(await within(killTimeout, gone))) {
        throw new EngineError("internal", `tried to kill container ${id}, but did not receive an exit event`);
      }
    }
    await exit;
  }

  async wait({ id, state }: ContainerRecord, condition: WaitCondition, call: CallOptions = {}): Promise<WaitResult> {
    const { waits } = this.#parts;
    if (condition === "removed") return waits.next("removal", id, call.signal);
    if (condition === "not-running" && !["running", "paused", "restarting"].includes(state.status)) {
      return { exitCode: state.exitCode, ...(state.error === "" ? {} : { error: state.error }) };
    }
    return waits.next("exit", id, call.signal);
  }

  async remove(container: ContainerRecord, options: RemoveOptions = {}, call: CallOptions = {}): Promise<void> {
    const { id, state } = container;
    if (["running", "paused", "restarting"].includes(state.status) && !options.force) throw stillRunning(container);
    const run = this.#parts.lifecycle.running(id);
    if (run !== undefined) {
      const { exit, gone } = this.#ending(id, call);
      await this.#keepStopped(container);
      await unlessEnded(this.#signal(container, sigkill, true, call));
      if (!(await within(killTimeout, gone))) {
        throw new EngineError("internal", `cannot kill container ${id}: it did not exit within ${killTimeout} seconds`);
      }
      // Its log goes with it: what is not written yet need not be.
      await run.pump.detach();
      await exit;
    }
    await this.#parts.lifecycle.erase(id, { volumes: options.volumes ?? false, refuse: stillRunning });
  }

  async resize(container: ContainerRecord, size: ConsoleSize, call: CallOptions = {}): Promise<void> {
    const { id, state } = container;
    const run = this.#parts.lifecycle.running(id);
    if (run === undefined || state.status !== "running") throw conflict(`Container ${id} is not running`);
    await run.isolated.resize(size, call);
    this.#parts.events.emit(container, "resize", { height: String(size.rows), width: String(size.columns) });
  }

  /** To be called in the same turn in which the container was seen to run: it may end before the next. */
  #ending(id: string, call: CallOptions): Ending {
    const { lifecycle, waits } = this.#parts;
    const exit = waits.next("exit", id, call.signal);
    const gone = Promise.resolve(lifecycle.running(id)?.isolated.wait(call));
    // They may be over before anybody awaits them, or never be awaited.
    for (const end of [exit, gone]) end.catch(() => {});
    return { exit, gone };
  }
}

/** The end of a container that runs. */
interface Ending {
  /** It is in the record. */
  exit: Promise<WaitResult>;
  /** Of the process itself, which may be long before: the exit waits for the log to be complete. */
  gone: Promise<unknown>;
}

/** Before anything is done. Errors: `invalid-argument`. */
function checkSignal(container: ContainerRecord, options: StopOptions): void {
  signalNumber(options.signal ?? container.config.stopSignal);
}

/** It may end by itself at any time, which is what is wanted. */
async function unlessEnded(work: Promise<void>): Promise<void> {
  await work.catch((thrown: unknown) => {
    if (!isEngineError(thrown, "conflict")) throw thrown;
  });
}

function stillRunning({ id, state }: ContainerRecord): EngineError {
  const remedy =
    state.status === "paused"
      ? "Unpause and then stop the container before attempting removal or force remove"
      : "Stop the container before attempting removal or force remove";
  return conflict(`You cannot remove a ${state.status} container ${id}. ${remedy}`);
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
