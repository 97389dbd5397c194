import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { EngineError } from "@gantry/core";

import { CgroupV1, isV1Controller } from "./cgroup-v1.ts";
import type { V1Controller } from "./cgroup-v1.ts";
import { CgroupV2 } from "./cgroup-v2.ts";
import type { CgroupOptions } from "./cgroup-options.ts";
import type { CgroupMount, Hierarchy } from "./hierarchy.ts";

/**
 * Finds the hierarchy that holds the controllers. On a hybrid system (both versions mounted) v1 is used when it has the memory
 * controller: a controller belongs to one version at a time.
 * @throws EngineError `unsupported` when no cgroups are mounted
 */
export function detectHierarchy(options: CgroupOptions): Hierarchy {
  const { v1, v2 } = options.root === undefined ? readMounts() : mountsBelow(options.root);
  if (v1.has("memory") || (v1.size > 0 && !v2)) return new CgroupV1(v1, options.parent);
  if (v2) return new CgroupV2(v2, options.parent);
  throw new EngineError("unsupported", "no cgroups are mounted: mount cgroup2 on /sys/fs/cgroup");
}

interface Mounts {
  readonly v1: ReadonlyMap<V1Controller, CgroupMount>;
  readonly v2: CgroupMount | undefined;
}

function readMounts(): Mounts {
  const v1 = new Map<V1Controller, CgroupMount>();
  let v2: CgroupMount | undefined;
  for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    const fields = line.split(" ");
    const separator = fields.indexOf("-");
    const [type, , superOptions] = fields.slice(separator + 1);
    const mount = { root: fields[3] ?? "/", mountPoint: fields[4] ?? "" };
    if (type === "cgroup2") v2 ??= mount;
    if (type !== "cgroup") continue;
    for (const controller of (superOptions ?? "").split(",")) {
      if (isV1Controller(controller) && !v1.has(controller)) v1.set(controller, mount);
    }
  }
  return { v1, v2 };
}

function mountsBelow(root: string): Mounts {
  if (existsSync(join(root, "cgroup.controllers"))) return { v1: new Map(), v2: { mountPoint: root, root: "/" } };
  const v1 = new Map<V1Controller, CgroupMount>();
  for (const name of existsSync(root) ? readdirSync(root) : []) {
    const mountPoint = join(root, name);
    if (!existsSync(join(mountPoint, "cgroup.procs"))) continue;
    for (const controller of name.split(",")) {
      if (isV1Controller(controller)) v1.set(controller, { mountPoint, root: "/" });
    }
  }
  return { v1, v2: undefined };
}
