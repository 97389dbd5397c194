import { statfsSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import type { MountSpec } from "@gantry/core";
import { MountFlag } from "@gantry/linux";
import type { Step } from "@gantry/linux";

const cgroup2Magic = 0x6367_7270;
const hidden = MountFlag.noSuid | MountFlag.noDev | MountFlag.noExec;

/** What a program needs to know of a limit group. Read once: a group looks its paths up each time it is asked. */
export interface GroupPaths {
  readonly path: string;
  readonly joinPaths: readonly string[];
}

/** The process enters its groups by itself, before it runs anything, so that nothing of it is ever unlimited. */
export function compileJoin(group: GroupPaths | undefined): Step[] {
  return (group?.joinPaths ?? []).map((path) => ({ do: "write-file", path, data: "0" }));
}

/**
 * A mount of type `cgroup`: what the container sees of its own groups. Optional throughout: a container runs without it.
 * On v1 only the hierarchies in which it has a group are mounted, for another would show the host's.
 */
export function compileCgroupMount(mount: MountSpec, group: GroupPaths | undefined): Step[] {
  const [joinPath] = group?.joinPaths ?? [];
  if (group === undefined || joinPath === undefined) return [];
  const readOnly = mount.options.includes("ro") ? MountFlag.readOnly : 0;
  const flags = hidden | readOnly;
  const target = mount.destination;
  if (statfsSync(dirname(joinPath)).type === cgroup2Magic) {
    return [{ do: "mount", source: "cgroup", target, type: "cgroup2", flags, data: "", create: true, optional: true }];
  }
  const steps: Step[] = [
    {
      do: "mount",
      source: "tmpfs",
      target,
      type: "tmpfs",
      flags: hidden,
      data: "mode=755",
      create: true,
      optional: true,
    },
  ];
  for (const name of hierarchyNames(group)) {
    const at = join(target, name);
    steps.push({
      do: "mount",
      source: "cgroup",
      target: at,
      type: "cgroup",
      flags,
      data: name,
      create: true,
      optional: true,
    });
    const controllers = name.split(",");
    if (controllers.length === 1) continue;
    for (const one of controllers) steps.push({ do: "symlink", target: name, path: join(target, one), optional: true });
  }
  if (readOnly) steps.push({ do: "remount", target, flags: MountFlag.readOnly, optional: true });
  return steps;
}

/** `memory`, `cpu,cpuacct` …: the last part of each hierarchy's mount point. */
function hierarchyNames({ joinPaths, path }: GroupPaths): string[] {
  return joinPaths
    .map(dirname)
    .filter((directory) => directory.endsWith(path))
    .map((directory) => basename(directory.slice(0, -path.length)));
}
