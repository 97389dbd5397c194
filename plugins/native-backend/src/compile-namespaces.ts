import type { IdMapping, NamespaceType, RuntimeSpec } from "@gantry/core";
import type { Step } from "@gantry/linux";

/** CLONE_NEW… flags, and the names under /proc/PID/ns. In the order in which they are entered: what grants rights first. */
export const namespaceKinds: Readonly<Partial<Record<NamespaceType, { flag: number; file: string }>>> = {
  user: { flag: 0x1000_0000, file: "user" },
  ipc: { flag: 0x0800_0000, file: "ipc" },
  uts: { flag: 0x0400_0000, file: "uts" },
  network: { flag: 0x4000_0000, file: "net" },
  pid: { flag: 0x2000_0000, file: "pid" },
  cgroup: { flag: 0x0200_0000, file: "cgroup" },
  mount: { flag: 0x0002_0000, file: "mnt" },
};

/** What the monitor does around the clone, and what the process does first. */
export interface NamespaceProgram {
  readonly cloneFlags: number;
  readonly beforeClone: readonly Step[];
  readonly afterClone: readonly Step[];
  /** Before the process leaves the host's file system. */
  readonly process: readonly Step[];
}

export function compileNamespaces(spec: RuntimeSpec): NamespaceProgram {
  let cloneFlags = 0;
  const beforeClone: Step[] = [];
  const process: Step[] = [];
  for (const { type, path } of spec.namespaces) {
    const kind = namespaceKinds[type];
    if (!kind) continue;
    // A cgroup namespace is rooted where the process is when it makes one: it must enter its groups first.
    if (path === undefined && type !== "cgroup") cloneFlags |= kind.flag;
    if (path === undefined) continue;
    // Only children enter a pid namespace that was set, so it is the monitor that sets it.
    (type === "pid" ? beforeClone : process).push({ do: "setns", path, type: kind.flag });
  }
  return { cloneFlags, beforeClone, afterClone: compileMappings(spec), process };
}

/** Whether the container has a new namespace of this kind. */
export function isNew(spec: RuntimeSpec, type: NamespaceType): boolean {
  return spec.namespaces.some((namespace) => namespace.type === type && namespace.path === undefined);
}

function compileMappings({ uidMappings = [], gidMappings = [] }: RuntimeSpec): Step[] {
  const steps: Step[] = [];
  if (uidMappings.length > 0) steps.push({ do: "write-child", name: "uid_map", data: formatMappings(uidMappings) });
  if (gidMappings.length > 0) steps.push({ do: "write-child", name: "gid_map", data: formatMappings(gidMappings) });
  return steps;
}

function formatMappings(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerId, hostId, size }) => `${containerId} ${hostId} ${size}\n`).join("");
}
