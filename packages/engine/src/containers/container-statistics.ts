import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

import { isEngineError } from "@gantry/core";
import type { ResourceUsage } from "@gantry/core";

import type { ContainerSample, ContainerStats, StatsOptions } from "../face/container-verbs.ts";
import { clockTicks } from "../processes/process-facts.ts";
import { now, timestamp } from "../timestamps.ts";
import type { ContainerLifecycle } from "./container-lifecycle.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerStore } from "./container-store.ts";

const interval = 1000;
/** user, nice, system, idle, iowait, irq, softirq: what Docker counts. */
const countedTimes = 7;

/** Measures what containers use. */
export class ContainerStatistics {
  readonly #store: ContainerStore;
  readonly #lifecycle: ContainerLifecycle;

  constructor(store: ContainerStore, lifecycle: ContainerLifecycle) {
    this.#store = store;
    this.#lifecycle = lifecycle;
  }

  /** Ends when the container is removed. */
  async *read({ id }: ContainerRecord, options: StatsOptions = {}): AsyncGenerator<ContainerStats> {
    const { stream = true, oneShot = false, signal } = options;
    let previous = stream || oneShot ? undefined : await this.#sample(id);
    if (previous !== undefined) await delay(interval, undefined, { signal });
    for (;;) {
      const container = this.#store.get(id);
      if (container === undefined) return;
      const read = await this.#sample(id);
      yield { id, name: container.name, read, ...(previous === undefined ? {} : { previous }) };
      if (!stream) return;
      previous = read;
      await delay(interval, undefined, { signal });
    }
  }

  async #sample(id: string): Promise<ContainerSample> {
    const [usage, host] = await Promise.all([this.#usage(id), hostCpu()]);
    return { time: timestamp(now()), ...host, ...(usage === undefined ? {} : { usage }) };
  }

  async #usage(id: string): Promise<ResourceUsage | undefined> {
    try {
      return await this.#lifecycle.running(id)?.group?.stats();
    } catch (thrown) {
      // It ended meanwhile.
      if (isEngineError(thrown, "not-found")) return undefined;
      throw thrown;
    }
  }
}

async function hostCpu(): Promise<Pick<ContainerSample, "systemCpu" | "onlineCpus">> {
  const lines = (await readFile("/proc/stat", "utf8")).split("\n").filter((line) => line.startsWith("cpu"));
  const times = (lines[0] ?? "")
    .split(/\s+/)
    .slice(1, 1 + countedTimes)
    .map(Number);
  const ticks = times.reduce((total, time) => total + time, 0);
  return { systemCpu: ticks * (1_000_000_000 / clockTicks), onlineCpus: lines.length - 1 };
}
