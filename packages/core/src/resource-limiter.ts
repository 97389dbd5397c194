import type { CallOptions } from "./call-options.ts";
import { token } from "./token.ts";

/**
 * Limits what a group of processes may use, and measures what it does use.
 *
 * **Life cycle.** `create(id, limits)` makes the group with its limits in force; a process enters by `add`, or enters
 * itself by writing `0` into each of `joinPaths` before it runs anything; children follow. `remove` ends the group: it
 * kills nothing, and fails with `conflict` while a process is left in it. `load(id)` finds a group made earlier, also by
 * another engine process.
 *
 * **Limits.** A field that is absent is not limited (at `create`) or left as it is (at `update`). A limit that the kernel
 * offers no controller for is refused with `unsupported`, naming the field: never silently ignored. A value out of range
 * is `invalid-argument`, naming the field; nothing is then changed.
 */
export interface ResourceLimiter {
  readonly features: LimiterFeatures;
  /** @param id 1–128 characters of `[A-Za-z0-9_.-]`; `conflict` when it exists */
  create(id: string, limits: ResourceLimits, options?: CallOptions): Promise<LimitGroup>;
  /** `not-found` when there is no such group. */
  load(id: string, options?: CallOptions): Promise<LimitGroup>;
  list(options?: CallOptions): Promise<readonly string[]>;
}
export const ResourceLimiter = token<ResourceLimiter>("ResourceLimiter");

export interface LimiterFeatures {
  readonly name: string;
  /** `1` or `2` for cgroups. */
  readonly version: number;
  /** The fields of {@link ResourceLimits} that can be limited here. */
  readonly limits: readonly (keyof ResourceLimits)[];
  readonly freezer: boolean;
}

export interface LimitGroup {
  readonly id: string;
  /** Files into which a process writes `0` to enter. Empty where there is nothing to enter. */
  readonly joinPaths: readonly string[];
  /** Path of the group as a process inside would read it in /proc/self/cgroup of the host. */
  readonly path: string;
  add(pid: number, options?: CallOptions): Promise<void>;
  update(limits: ResourceLimits, options?: CallOptions): Promise<void>;
  stats(options?: CallOptions): Promise<ResourceUsage>;
  freeze(options?: CallOptions): Promise<void>;
  thaw(options?: CallOptions): Promise<void>;
  frozen(options?: CallOptions): Promise<boolean>;
  /** All processes in the group and in groups beneath it. */
  pids(options?: CallOptions): Promise<readonly number[]>;
  /** Sends SIGKILL to all of them and waits until they are gone. */
  killAll(options?: CallOptions): Promise<void>;
  /** How many processes the kernel killed because the group exceeded its memory. */
  oomKills(options?: CallOptions): Promise<number>;
  /** Repeatable. */
  remove(options?: CallOptions): Promise<void>;
}

export interface ResourceLimits {
  /** Bytes; -1 for none. */
  memory?: number;
  /** Bytes of memory plus swap; -1 for none. */
  memorySwap?: number;
  /** Bytes that are kept under pressure (soft limit). */
  memoryReservation?: number;
  /** 0 … 100. cgroup v1 only. */
  memorySwappiness?: number;
  oomKillDisable?: boolean;
  /** Relative weight, 2 … 262144; 1024 is the default. */
  cpuShares?: number;
  /** Microseconds of CPU time per period; -1 for none. */
  cpuQuota?: number;
  /** Microseconds, 1000 … 1000000. */
  cpuPeriod?: number;
  /** CPUs as the kernel lists them: `0-2,4`. */
  cpusetCpus?: string;
  /** Memory nodes, likewise. */
  cpusetMems?: string;
  /** Processes and threads; -1 for none. */
  pids?: number;
  /** 10 … 1000. */
  blkioWeight?: number;
  blkioReadBps?: readonly DeviceRate[];
  blkioWriteBps?: readonly DeviceRate[];
  blkioReadIops?: readonly DeviceRate[];
  blkioWriteIops?: readonly DeviceRate[];
  /** In order; the last rule that matches decides. */
  devices?: readonly DeviceRule[];
}

export interface DeviceRate {
  major: number;
  minor: number;
  /** Per second. */
  rate: number;
}

export interface DeviceRule {
  allow: boolean;
  type: "a" | "b" | "c";
  /** `undefined` stands for all. */
  major?: number;
  minor?: number;
  /** Of `r`, `w`, `m`. */
  access: string;
}

export interface ResourceUsage {
  cpu: {
    /** Nanoseconds. */
    total: number;
    user: number;
    system: number;
    throttledPeriods: number;
    periods: number;
    throttledTime: number;
  };
  memory: {
    usage: number;
    maximum?: number;
    limit?: number;
    failures?: number;
    stats: Readonly<Record<string, number>>;
  };
  pids: { current: number; limit?: number };
  blkio: { readBytes: number; writeBytes: number; readOperations: number; writeOperations: number };
}
