import { existsSync, mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";

import type { ResourceLimits, ResourceUsage } from "@gantry/core";

import { errnoOf, readControl, readKeyed, writeControl } from "./control-file.ts";
import { processesIn, removeGroups } from "./group-tree.ts";
import type { CgroupMount, GroupControl, Hierarchy } from "./hierarchy.ts";
import { controllersFor, fieldsOffered, writeV1Limits } from "./v1-limits.ts";
import { readV1Usage } from "./v1-usage.ts";

const controllers = ["freezer", "memory", "pids", "cpuacct", "blkio", "devices", "cpu", "cpuset"] as const;
export type V1Controller = (typeof controllers)[number];

export function isV1Controller(name: string): name is V1Controller {
  return (controllers as readonly string[]).includes(name);
}

/**
 * What a group has from the start: the freezer for pause and kill, the others because they cannot count afterwards what
 * happened before. The rest is made when a limit asks for it, as each controller that a process has to enter costs 0.2 … 0.4 ms
 * of its start.
 */
const always: readonly V1Controller[] = ["freezer", "memory", "pids", "cpuacct", "blkio"];

/** cgroup v1: one hierarchy per controller (or per set of controllers mounted together). */
export class CgroupV1 implements Hierarchy {
  readonly version = 1;
  readonly freezer: boolean;
  #offered: readonly (keyof ResourceLimits)[] | undefined;

  constructor(
    readonly mounts: ReadonlyMap<V1Controller, CgroupMount>,
    readonly parent: string,
  ) {
    this.freezer = mounts.has("freezer");
  }

  offered(): readonly (keyof ResourceLimits)[] {
    if (!this.#offered) {
      for (const controller of this.mounts.keys()) this.makeParent(controller);
      this.#offered = fieldsOffered((controller) => this.parentDirectory(controller));
    }
    return this.#offered;
  }

  group(id: string): GroupControl {
    return new V1Group(this, id);
  }

  list(): string[] {
    const [anchor] = this.initialControllers();
    const directory = anchor && this.parentDirectory(anchor);
    if (directory === undefined || !existsSync(directory)) return [];
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  }

  removeParent(): void {
    for (const controller of this.mounts.keys()) {
      try {
        rmdirSync(this.parentDirectory(controller) ?? "");
      } catch {
        // Another engine's groups are in it, or it is gone.
      }
    }
    this.#offered = undefined;
  }

  initialControllers(): V1Controller[] {
    return always.filter((controller) => this.mounts.has(controller));
  }

  parentDirectory(controller: V1Controller): string | undefined {
    const mount = this.mounts.get(controller);
    return mount && join(mount.mountPoint, this.parent);
  }

  makeParent(controller: V1Controller): void {
    const directory = this.parentDirectory(controller);
    const mount = this.mounts.get(controller);
    if (directory === undefined || !mount) return;
    mkdirSync(directory, { recursive: true });
    if (controller === "cpuset") copyCpuset(mount.mountPoint, directory);
    if (controller !== "memory" || readControl(join(directory, "memory.use_hierarchy")) !== "0") return;
    writeControl(join(directory, "memory.use_hierarchy"), "1");
  }
}

class V1Group implements GroupControl {
  readonly path: string;
  readonly anchor: string;

  constructor(
    readonly hierarchy: CgroupV1,
    readonly id: string,
  ) {
    const root = [...hierarchy.mounts.values()][0]?.root ?? "/";
    this.path = join(root, hierarchy.parent, id);
    const [anchor = "freezer"] = hierarchy.initialControllers();
    this.anchor = this.#directory(anchor) ?? "";
  }

  exists(): boolean {
    return existsSync(join(this.anchor, "cgroup.procs"));
  }

  make(limits: ResourceLimits): void {
    const made: string[] = [];
    try {
      const wanted = new Set([...this.hierarchy.initialControllers(), ...controllersFor(limits)]);
      for (const controller of wanted) {
        const directory = this.#directory(controller);
        if (directory !== undefined && !made.includes(directory)) made.push(this.#makeDirectory(controller, directory));
      }
      writeV1Limits((controller) => this.#directory(controller) ?? "", limits);
    } catch (error) {
      for (const directory of made.toReversed()) removeGroups(directory);
      throw error;
    }
  }

  /** The anchor first. */
  directories(): string[] {
    const directories = controllers.map((controller) => this.#directory(controller));
    return [...new Set(directories)].filter(
      (directory) => directory !== undefined && existsSync(directory),
    ) as string[];
  }

  /**
   * `tasks` and not `cgroup.procs`: a thread that moves itself alone spares the kernel the lock over all thread groups, for
   * which kernels before 6.18 wait an RCU grace period, per controller. The process that enters has one thread.
   */
  joinPaths(): string[] {
    return this.directories().map((directory) => join(directory, "tasks"));
  }

  apply(limits: ResourceLimits): void {
    const made: string[] = [];
    for (const controller of controllersFor(limits)) {
      const directory = this.#directory(controller);
      if (directory === undefined || existsSync(directory)) continue;
      made.push(this.#makeDirectory(controller, directory));
    }
    try {
      writeV1Limits((controller) => this.#directory(controller) ?? "", limits);
      for (const directory of made) this.#moveInto(directory);
    } catch (error) {
      for (const directory of made) removeGroups(directory);
      throw error;
    }
  }

  usage(): ResourceUsage {
    return readV1Usage((controller) => this.#directory(controller) ?? "");
  }

  setFrozen(frozen: boolean): void {
    writeControl(this.#freezerFile(), frozen ? "FROZEN" : "THAWED");
  }

  freezeState(): "thawed" | "freezing" | "frozen" {
    const state = readControl(this.#freezerFile());
    if (state === "FROZEN") return "frozen";
    return state === "FREEZING" ? "freezing" : "thawed";
  }

  killAtOnce(): boolean {
    return false;
  }

  oomKills(): number {
    return readKeyed(join(this.#directory("memory") ?? "", "memory.oom_control"))["oom_kill"] ?? 0;
  }

  #freezerFile(): string {
    return join(this.#directory("freezer") ?? "", "freezer.state");
  }

  #directory(controller: V1Controller): string | undefined {
    const parent = this.hierarchy.parentDirectory(controller);
    return parent && join(parent, this.id);
  }

  #makeDirectory(controller: V1Controller, directory: string): string {
    try {
      mkdirSync(directory);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
      this.hierarchy.makeParent(controller);
      mkdirSync(directory);
    }
    if (controller === "cpuset") copyCpuset(dirname(directory), directory);
    return directory;
  }

  /** Repeats until a pass finds nobody outside: a process may fork between the listing and the move. */
  #moveInto(directory: string): void {
    for (let pass = 0; pass < 100; pass++) {
      const inside = new Set(processesIn(directory));
      const outside = processesIn(this.anchor).filter((pid) => !inside.has(pid));
      if (outside.length === 0) return;
      for (const pid of outside) {
        try {
          writeControl(join(directory, "cgroup.procs"), String(pid));
        } catch (error) {
          if (errnoOf(error) !== "ESRCH") throw error;
        }
      }
    }
  }
}

/** A new cpuset is empty, and no process may enter an empty one. */
function copyCpuset(from: string, to: string): void {
  for (const name of ["cpuset.cpus", "cpuset.mems"]) {
    if (readControl(join(to, name)) === "") writeControl(join(to, name), readControl(join(from, name)) ?? "");
  }
}
