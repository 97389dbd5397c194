import { setTimeout as sleep } from "node:timers/promises";

import { EngineError } from "@gantry/core";
import type { CallOptions, LimitGroup, ResourceLimits, ResourceUsage } from "@gantry/core";

import { errnoOf, writeControl } from "./control-file.ts";
import { processesIn, removeGroups } from "./group-tree.ts";
import type { GroupControl, Hierarchy } from "./hierarchy.ts";
import { validateLimits } from "./limit-validation.ts";

/** How long a freeze, or the end of killed processes, may take: a process in uninterruptible sleep holds both up. */
const patience = 10_000;
/** How long `remove` waits for the kernel to let go of processes that have exited. */
const removePatience = 500;

/** A {@link LimitGroup} over either version. */
export class CgroupGroup implements LimitGroup {
  constructor(
    readonly id: string,
    readonly hierarchy: Hierarchy,
    readonly control: GroupControl,
  ) {}

  get joinPaths(): readonly string[] {
    return this.control.joinPaths();
  }

  get path(): string {
    return this.control.path;
  }

  async add(pid: number, options?: CallOptions): Promise<void> {
    this.#enter(options);
    for (const directory of this.control.directories()) {
      try {
        writeControl(`${directory}/cgroup.procs`, String(pid));
      } catch (error) {
        if (errnoOf(error) !== "ESRCH") throw error;
        throw new EngineError("not-found", `no process ${pid}`, { cause: error });
      }
    }
  }

  async update(limits: ResourceLimits, options?: CallOptions): Promise<void> {
    this.#enter(options);
    validateLimits(limits, this.hierarchy.offered());
    this.control.apply(limits);
  }

  async stats(options?: CallOptions): Promise<ResourceUsage> {
    this.#enter(options);
    return this.control.usage();
  }

  async freeze(options?: CallOptions): Promise<void> {
    this.#enter(options);
    this.control.setFrozen(true);
    const end = Date.now() + patience;
    try {
      for (let delay = 0; this.control.freezeState() !== "frozen"; delay = Math.min(delay + 1, 20)) {
        if (Date.now() > end) throw new EngineError("unavailable", `group ${this.id} does not come to rest: try again`);
        await sleep(delay, undefined, options);
        // A process that forked while it was being frozen is taken in by asking again.
        this.control.setFrozen(true);
      }
    } catch (error) {
      this.control.setFrozen(false);
      throw error;
    }
  }

  async thaw(options?: CallOptions): Promise<void> {
    this.#enter(options);
    this.control.setFrozen(false);
  }

  async frozen(options?: CallOptions): Promise<boolean> {
    this.#enter(options);
    return this.control.freezeState() === "frozen";
  }

  async pids(options?: CallOptions): Promise<readonly number[]> {
    this.#enter(options);
    return this.#processes();
  }

  async killAll(options?: CallOptions): Promise<void> {
    this.#enter(options);
    const end = Date.now() + patience;
    for (let delay = 0; ; delay = Math.min(delay + 1, 20)) {
      if (this.#processes().length === 0) break;
      if (Date.now() > end)
        throw new EngineError("unavailable", `processes of group ${this.id} survive SIGKILL: try again`);
      if (!this.control.killAtOnce()) this.#killEach();
      await sleep(delay, undefined, options);
    }
    if (this.hierarchy.freezer && this.control.freezeState() !== "thawed") this.control.setFrozen(false);
  }

  async oomKills(options?: CallOptions): Promise<number> {
    this.#enter(options);
    return this.control.oomKills();
  }

  async remove(options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    const end = Date.now() + removePatience;
    for (let delay = 0; ; delay++) {
      if (this.#removeDirectories()) return;
      if (Date.now() > end) {
        const left = this.#processes().length;
        throw new EngineError("conflict", `group ${this.id} is in use by ${left} processes: end them first`);
      }
      await sleep(delay, undefined, options);
    }
  }

  /** The anchor goes last: by it an engine that comes after a crash finds what is left of the group. */
  #removeDirectories(): boolean {
    return this.control.directories().toReversed().every(removeGroups);
  }

  /** Frozen, nobody can fork away from the signal. */
  #killEach(): void {
    if (this.hierarchy.freezer) this.control.setFrozen(true);
    for (const pid of this.#processes()) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        if (errnoOf(error) !== "ESRCH") throw error;
      }
    }
    if (this.hierarchy.freezer) this.control.setFrozen(false);
  }

  #processes(): number[] {
    return processesIn(this.control.anchor);
  }

  #enter(options: CallOptions | undefined): void {
    options?.signal?.throwIfAborted();
    if (!this.control.exists()) throw new EngineError("not-found", `no group ${this.id}`);
  }
}
