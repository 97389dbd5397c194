import { setTimeout as delay } from "node:timers/promises";

import { messageOf } from "@gantry/core";
import type { HealthCheck } from "@gantry/oci";
import type { Logger } from "@gantry/core";

import type { ContainerLifecycle, RunCompanion } from "../containers/container-lifecycle.ts";
import type { ContainerRecord } from "../containers/container-record.ts";
import type { ContainerRun } from "../containers/container-run.ts";
import type { ContainerStore } from "../containers/container-store.ts";
import type { ContainerEvents } from "../events/container-events.ts";
import type { HealthState } from "../face/container-verbs.ts";
import { probeCommand } from "./health-check.ts";
import type { HealthProbe, ProbeResult } from "./health-probe.ts";

const second = 1_000_000_000;
const defaults = { interval: 30 * second, timeout: 30 * second, startPeriod: 0, startInterval: 5 * second, retries: 3 };
const keptResults = 5;
/** Milliseconds; a longer timer would go off at once. */
const maximumDelay = 2 ** 31 - 1;

export interface HealthMonitorParts {
  store: ContainerStore;
  lifecycle: ContainerLifecycle;
  probe: HealthProbe;
  events: ContainerEvents;
  logger: Logger;
}

/** Probes the containers that have a health check for as long as they run, and keeps what it finds in their records. */
export class HealthMonitor implements RunCompanion {
  readonly #parts: HealthMonitorParts;
  readonly #running = new Map<string, { ended: AbortController; finished: Promise<void> }>();

  constructor(parts: HealthMonitorParts) {
    this.#parts = parts;
  }

  began(id: string, run: ContainerRun): void {
    const container = this.#parts.store.get(id);
    const check = container?.config.healthcheck;
    const command = check && probeCommand(check, container.config.shell);
    if (container === undefined || check === undefined || command === undefined) return;
    const ended = new AbortController();
    const watch = this.#watch(container, run, complete(check), command, ended.signal);
    const finished = watch.catch((thrown: unknown) => {
      if (ended.signal.aborted) return;
      const fields = { container: id, reason: messageOf(thrown) };
      this.#parts.logger.error("cannot go on checking a container's health", fields);
    });
    this.#running.set(id, { ended, finished });
  }

  ended(id: string): void {
    this.#running.get(id)?.ended.abort();
    this.#running.delete(id);
  }

  /** Probes nobody any more; resolves when what was under way is over. */
  async stop(): Promise<void> {
    const watches = [...this.#running.values()];
    for (const id of this.#running.keys()) this.ended(id);
    await Promise.all(watches.map(({ finished }) => finished));
  }

  async #watch(
    { id, state }: ContainerRecord,
    run: ContainerRun,
    check: CompleteCheck,
    command: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const { store, probe } = this.#parts;
    const startedAt = Date.parse(state.startedAt ?? "");
    for (;;) {
      const container = store.get(id);
      const starting = container?.state.health?.status === "starting" && Date.now() < startedAt + check.startPeriod;
      await delay(starting ? check.startInterval : check.interval, undefined, { signal });
      const current = store.get(id);
      // What is frozen cannot answer, and is not to blame for it.
      if (current?.state.status !== "running") continue;
      const result = await probe.run(current, run.isolated, command, check.timeout, signal);
      await this.#record(id, result, check, signal);
    }
  }

  async #record(id: string, result: ProbeResult, check: CompleteCheck, signal: AbortSignal): Promise<void> {
    const { lifecycle, store, events } = this.#parts;
    await lifecycle.change(id, async (container) => {
      const { health } = container.state;
      if (signal.aborted || health === undefined) return;
      const startedAt = Date.parse(container.state.startedAt ?? "");
      const graceful = Date.parse(result.start) < startedAt + check.startPeriod;
      const next = afterProbe(health, result, check.retries, graceful);
      await store.put({ ...container, state: { ...container.state, health: next } });
      if (next.status !== health.status) events.emit(container, `health_status: ${next.status}`);
    });
  }
}

/** Milliseconds. */
type CompleteCheck = Required<Omit<HealthCheck, "test">>;

function complete(check: HealthCheck): CompleteCheck {
  const milliseconds = (name: "interval" | "timeout" | "startPeriod" | "startInterval"): number =>
    Math.min(maximumDelay, (check[name] || defaults[name]) / 1_000_000);
  return {
    interval: milliseconds("interval"),
    timeout: milliseconds("timeout"),
    startPeriod: milliseconds("startPeriod"),
    startInterval: milliseconds("startInterval"),
    retries: check.retries || defaults.retries,
  };
}

/** @param graceful the container may still be starting: failures count only once it has been well */
export function afterProbe(health: HealthState, result: ProbeResult, retries: number, graceful: boolean): HealthState {
  const log = [...health.log, result].slice(-keptResults);
  if (result.exitCode === 0) return { status: "healthy", failingStreak: 0, log };
  if (health.status === "starting" && graceful) return { ...health, log };
  const failingStreak = health.failingStreak + 1;
  return { status: failingStreak >= retries ? "unhealthy" : health.status, failingStreak, log };
}
