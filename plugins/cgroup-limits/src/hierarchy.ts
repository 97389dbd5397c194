import type { ResourceLimits, ResourceUsage } from "@gantry/core";

/** What cgroup v1 and v2 each do in their own way. All calls are synchronous: see `control-file.ts`. */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** The fields of {@link ResourceLimits} that can be limited here. Makes the parent group, which is where the kernel shows them. */
  offered(): readonly (keyof ResourceLimits)[];
  readonly freezer: boolean;
  group(id: string): GroupControl;
  list(): string[];
  /** Removes the parent group where nothing is left in it. */
  removeParent(): void;
}

/** One group, which may or may not exist. It keeps no state: what it says is what the kernel holds. */
export interface GroupControl {
  /** As /proc/self/cgroup of a process in it shows it. */
  readonly path: string;
  /** The directory that holds all its processes. */
  readonly anchor: string;
  exists(): boolean;
  /** Makes the group with its limits. Throws `EEXIST` when there is one; leaves nothing behind when it fails. */
  make(limits: ResourceLimits): void;
  /** The directories that make up the group. */
  directories(): string[];
  /** The files through which a single-threaded process enters by writing `0`. */
  joinPaths(): string[];
  apply(limits: ResourceLimits): void;
  usage(): ResourceUsage;
  setFrozen(frozen: boolean): void;
  freezeState(): "thawed" | "freezing" | "frozen";
  /** Kills all at once where the kernel can; otherwise returns false. */
  killAtOnce(): boolean;
  oomKills(): number;
}

/** A mounted hierarchy: where, and which of its groups is shown there. */
export interface CgroupMount {
  readonly mountPoint: string;
  readonly root: string;
}
