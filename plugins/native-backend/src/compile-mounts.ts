import type { RuntimeSpec } from "@gantry/core";
import { mountAttributes, MountFlag, mountSteps, parseMountOptions } from "@gantry/linux";
import type { Step } from "@gantry/linux";

import { compileCgroupMount } from "./compile-cgroups.ts";
import type { GroupPaths } from "./compile-cgroups.ts";
import { isNew } from "./compile-namespaces.ts";
import type { MountSlots } from "./mount-slots.ts";

/** Takes the host's mounts out of the process's tree, so that nothing mounted here shows there. */
export function compilePropagation({ rootfsPropagation }: RuntimeSpec, slots: MountSlots): Step[] {
  const target = "/";
  // Sources are opened while they still have the bond to the host that the spec asks to keep.
  if (rootfsPropagation === "shared") {
    return [...slots.opening, { do: "remount", target, flags: MountFlag.private, recursive: true }];
  }
  const flags = rootfsPropagation === "slave" ? MountFlag.slave : MountFlag.private;
  return [{ do: "remount", target, flags, recursive: true }, ...slots.opening];
}

/**
 * Mounts the root file system in the container's own mount namespace, where it needs no unmount, and makes it the root.
 * @param staging an empty directory, the same for all containers: each sees only its own mount on it
 */
export function compileRoot({ root }: RuntimeSpec, staging: string): Step[] {
  return [...root.mounts.flatMap((mount) => mountSteps(mount, staging)), { do: "pivot-root", path: staging }];
}

/** The spec's mounts, inside the new root and in order. Missing mount points are made. */
export function compileMounts(spec: RuntimeSpec, slots: MountSlots, group: GroupPaths | undefined): Step[] {
  const steps: Step[] = [];
  for (const mount of spec.mounts) {
    const { type, source, destination: target } = mount;
    if (type === "cgroup" || type === "cgroup2") {
      steps.push(...compileCgroupMount(mount, group));
      continue;
    }
    const { flags, propagation, data } = parseMountOptions(mount.options);
    const recursive = (flags & MountFlag.recursive) !== 0;
    if (type === "bind") {
      const attributes = mountAttributes(flags);
      steps.push(
        slots.place(source, target, { recursive, attributes, propagation: propagation & ~MountFlag.recursive }),
      );
      continue;
    }
    steps.push(
      needsHostProc(spec, type)
        ? slots.placeNew({ type, source, flags, data }, target)
        : { do: "mount", source, target, type, flags, data, create: true },
    );
    if (propagation) steps.push({ do: "remount", target, flags: propagation });
  }
  return steps;
}

/** In a user namespace the kernel mounts proc and sysfs only where they are to be seen whole already: beside the host's. */
function needsHostProc(spec: RuntimeSpec, type: string): boolean {
  return (type === "proc" || type === "sysfs") && isNew(spec, "user");
}

/** What is done to the root when all is in place. */
export function compileRootFinish({ root, rootfsPropagation }: RuntimeSpec): Step[] {
  const steps: Step[] = [];
  if (rootfsPropagation === "shared")
    steps.push({ do: "remount", target: "/", flags: MountFlag.shared, recursive: true });
  if (root.readonly) steps.push({ do: "remount", target: "/", flags: MountFlag.readOnly });
  return steps;
}
