import { existsSync, mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";

import { EngineError } from "@gantry/core";
import type { ResourceLimits, ResourceUsage } from "@gantry/core";

import { errnoOf, readControl, readKeyed, writeControl } from "./control-file.ts";
import { removeGroups } from "./group-tree.ts";
import type { CgroupMount, GroupControl, Hierarchy } from "./hierarchy.ts";
import { v2FieldsOffered, writeV2Limits } from "./v2-limits.ts";
import { readV2Usage } from "./v2-usage.ts";

const wanted = ["cpu", "memory", "pids", "io", "cpuset"];

/** cgroup v2: one hierarchy; a group has the controllers that its parent hands down. */
export class CgroupV2 implements Hierarchy {
  readonly version = 2;
  readonly freezer: boolean;
  readonly directory: string;
  #offered: readonly (keyof ResourceLimits)[] | undefined;

  constructor(
    readonly mount: CgroupMount,
    readonly parent: string,
  ) {
    this.directory = join(mount.mountPoint, parent);
    this.freezer = true;
  }

  offered(): readonly (keyof ResourceLimits)[] {
    this.#offered ??= this.makeParent();
    return this.#offered;
  }

  group(id: string): GroupControl {
    return new V2Group(this, id);
  }

  list(): string[] {
    if (!existsSync(this.directory)) return [];
    return readdirSync(this.directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  }

  removeParent(): void {
    try {
      rmdirSync(this.directory);
    } catch {
      // Another engine's groups are in it, or it is gone.
    }
    this.#offered = undefined;
  }

  /** Makes the parent and hands controllers down to it and through it. Returns the fields that can then be limited. */
  makeParent(): readonly (keyof ResourceLimits)[] {
    mkdirSync(this.directory, { recursive: true });
    let path = this.mount.mountPoint;
    this.#delegate(path);
    for (const part of this.parent.split("/")) {
      path = join(path, part);
      this.#delegate(path);
    }
    return v2FieldsOffered(this.directory, words(join(this.directory, "cgroup.subtree_control")));
  }

  #delegate(directory: string): void {
    const enabled = words(join(directory, "cgroup.subtree_control"));
    for (const controller of words(join(directory, "cgroup.controllers"))) {
      if (!wanted.includes(controller) || enabled.includes(controller)) continue;
      try {
        writeControl(join(directory, "cgroup.subtree_control"), `+${controller}`);
      } catch (error) {
        // A group that holds processes cannot hand controllers down; a limit that needs one is then refused by name.
        if (!["EBUSY", "EINVAL", "EPERM", "EACCES", "EROFS", "EOPNOTSUPP"].includes(errnoOf(error) ?? "")) throw error;
      }
    }
  }
}

class V2Group implements GroupControl {
  readonly path: string;
  readonly anchor: string;

  constructor(
    readonly hierarchy: CgroupV2,
    id: string,
  ) {
    this.path = join(hierarchy.mount.root, hierarchy.parent, id);
    this.anchor = join(hierarchy.directory, id);
  }

  exists(): boolean {
    return existsSync(join(this.anchor, "cgroup.procs"));
  }

  make(limits: ResourceLimits): void {
    try {
      mkdirSync(this.anchor);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
      this.hierarchy.makeParent();
      mkdirSync(this.anchor);
    }
    try {
      this.apply(limits);
    } catch (error) {
      removeGroups(this.anchor);
      throw error;
    }
  }

  directories(): string[] {
    return [this.anchor];
  }

  joinPaths(): string[] {
    return [this.#file("cgroup.procs")];
  }

  apply(limits: ResourceLimits): void {
    writeV2Limits(this.anchor, limits);
  }

  usage(): ResourceUsage {
    return readV2Usage(this.anchor);
  }

  setFrozen(frozen: boolean): void {
    if (!existsSync(this.#file("cgroup.freeze"))) {
      throw new EngineError("unsupported", "this kernel cannot freeze cgroup v2 groups: Linux 5.2 or later is needed");
    }
    writeControl(this.#file("cgroup.freeze"), frozen ? "1" : "0");
  }

  freezeState(): "thawed" | "freezing" | "frozen" {
    if (readControl(this.#file("cgroup.freeze")) !== "1") return "thawed";
    return readKeyed(this.#file("cgroup.events"))["frozen"] === 1 ? "frozen" : "freezing";
  }

  killAtOnce(): boolean {
    if (!existsSync(this.#file("cgroup.kill"))) return false;
    writeControl(this.#file("cgroup.kill"), "1");
    return true;
  }

  oomKills(): number {
    return readKeyed(this.#file("memory.events"))["oom_kill"] ?? 0;
  }

  #file(name: string): string {
    return join(this.anchor, name);
  }
}

function words(path: string): string[] {
  return (readControl(path) ?? "").split(" ").filter((word) => word !== "");
}
