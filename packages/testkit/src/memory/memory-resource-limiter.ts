import { setTimeout as delay } from "node:timers/promises";

import {
  type CallOptions,
  EngineError,
  type LimitGroup,
  type LimiterFeatures,
  ResourceLimiter,
  type ResourceLimits,
  type ResourceUsage,
  definePlugin,
} from "@gantry/core";

import { type MemoryOptions, sharedMemory } from "./shared-memory.ts";

interface Group {
  limits: ResourceLimits;
  frozen: boolean;
  readonly pids: Set<number>;
}

const groupsOf = sharedMemory(() => new Map<string, Group>());

/** Keeps books of groups, their processes and two limits. Nothing is held to them. */
export class MemoryResourceLimiter implements ResourceLimiter {
  readonly features: LimiterFeatures = { name: "memory", version: 1, limits: ["memory", "pids"], freezer: true };
  readonly #groups: Map<string, Group>;

  constructor(options: MemoryOptions = {}) {
    this.#groups = groupsOf(options);
  }

  async create(id: string, limits: ResourceLimits, options?: CallOptions): Promise<LimitGroup> {
    options?.signal?.throwIfAborted();
    if (!/^[A-Za-z0-9_.-]{1,128}$/.test(id)) throw new EngineError("invalid-argument", "malformed id of a limit group");
    if (this.#groups.has(id)) throw new EngineError("conflict", `limit group ${id} exists already`);
    this.#groups.set(id, { limits: checked(limits, this.features), frozen: false, pids: new Set() });
    return new MemoryLimitGroup(id, this.#groups, this.features);
  }

  async load(id: string): Promise<LimitGroup> {
    if (!this.#groups.has(id)) throw new EngineError("not-found", `no limit group ${id}`);
    return new MemoryLimitGroup(id, this.#groups, this.features);
  }

  async list(): Promise<readonly string[]> {
    return [...this.#groups.keys()];
  }
}

class MemoryLimitGroup implements LimitGroup {
  readonly joinPaths: readonly string[] = [];
  readonly #groups: Map<string, Group>;
  readonly #features: LimiterFeatures;

  constructor(
    readonly id: string,
    groups: Map<string, Group>,
    features: LimiterFeatures,
  ) {
    this.#groups = groups;
    this.#features = features;
  }

  get path(): string {
    return `/memory/${this.id}`;
  }

  async add(pid: number): Promise<void> {
    const group = this.#group();
    if (!signal(pid, 0)) throw new EngineError("not-found", `no process ${pid}`);
    for (const other of this.#groups.values()) other.pids.delete(pid);
    group.pids.add(pid);
    if (group.frozen) signal(pid, "SIGSTOP");
  }

  async update(limits: ResourceLimits): Promise<void> {
    const group = this.#group();
    group.limits = { ...group.limits, ...checked(limits, this.#features) };
  }

  async stats(): Promise<ResourceUsage> {
    const { memory = -1, pids = -1 } = this.#group().limits;
    return {
      cpu: { total: 0, user: 0, system: 0, throttledPeriods: 0, periods: 0, throttledTime: 0 },
      memory: { usage: 0, stats: {}, ...(memory === -1 ? {} : { limit: memory }) },
      pids: { current: (await this.pids()).length, ...(pids === -1 ? {} : { limit: pids }) },
      blkio: { readBytes: 0, writeBytes: 0, readOperations: 0, writeOperations: 0 },
    };
  }

  async freeze(): Promise<void> {
    this.#group().frozen = true;
    for (const pid of await this.pids()) signal(pid, "SIGSTOP");
  }

  async thaw(): Promise<void> {
    this.#group().frozen = false;
    for (const pid of await this.pids()) signal(pid, "SIGCONT");
  }

  async frozen(): Promise<boolean> {
    return this.#group().frozen;
  }

  async pids(): Promise<readonly number[]> {
    const { pids } = this.#group();
    for (const pid of pids) if (!signal(pid, 0)) pids.delete(pid);
    return [...pids];
  }

  async killAll(): Promise<void> {
    for (;;) {
      const pids = await this.pids();
      if (pids.length === 0) return;
      for (const pid of pids) signal(pid, "SIGKILL");
      await delay(2);
    }
  }

  async oomKills(): Promise<number> {
    return 0;
  }

  async remove(): Promise<void> {
    if (!this.#groups.has(this.id)) return;
    const [left] = await this.pids();
    if (left !== undefined)
      throw new EngineError("conflict", `limit group ${this.id} has a process left, ${left}: kill it`);
    this.#groups.delete(this.id);
  }

  #group(): Group {
    const group = this.#groups.get(this.id);
    if (group === undefined) throw new EngineError("not-found", `no limit group ${this.id}`);
    return group;
  }
}

function checked(limits: ResourceLimits, features: LimiterFeatures): ResourceLimits {
  for (const [field, value] of Object.entries(limits) as [keyof ResourceLimits, unknown][]) {
    if (value === undefined) continue;
    const details = { field };
    if (!features.limits.includes(field))
      throw new EngineError("unsupported", `${field} cannot be limited`, { details });
    if (!Number.isInteger(value) || (value as number) < -1) {
      throw new EngineError("invalid-argument", `${field} must be a whole number, or -1 for none`, { details });
    }
  }
  return limits;
}

/** @returns false when there is no such process */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

export const memoryResourceLimiter = definePlugin<MemoryOptions>({
  name: "@gantry/testkit/memory-resource-limiter",
  provides: [ResourceLimiter],
  register: (registrar, options) => registrar.value(ResourceLimiter, new MemoryResourceLimiter(options)),
});
