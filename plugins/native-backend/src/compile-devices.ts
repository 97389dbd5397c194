import type { DeviceNode, RuntimeSpec } from "@gantry/core";
import type { Step } from "@gantry/linux";

import { isNew } from "./compile-namespaces.ts";
import type { MountSlots } from "./mount-slots.ts";

const types = { character: 0o020_000, block: 0o060_000, fifo: 0o010_000 } as const;

/** What programs expect in /dev beside nodes. */
const links = [
  ["/proc/self/fd", "/dev/fd"],
  ["/proc/self/fd/0", "/dev/stdin"],
  ["/proc/self/fd/1", "/dev/stdout"],
  ["/proc/self/fd/2", "/dev/stderr"],
  ["/proc/kcore", "/dev/core"],
  ["pts/ptmx", "/dev/ptmx"],
] as const;

/**
 * Device nodes and links. Where the spec binds the host's /dev itself nothing is made in it, for it would be made on the host.
 * A user namespace forbids mknod(2), so there the host's nodes are bound.
 */
export function compileDevices(spec: RuntimeSpec, slots: MountSlots): Step[] {
  if (spec.mounts.some(({ destination, type }) => destination === "/dev" && type === "bind")) return [];
  const inUserNamespace = isNew(spec, "user");
  const nodes = spec.devices.map((device) =>
    inUserNamespace && device.type !== "fifo" ? slots.place(hostNode(device), device.path) : makeNode(device),
  );
  // An image may bring a /dev of its own where the spec mounts none: what is in it is left as it is.
  return [...nodes, ...links.map(([target, path]): Step => ({ do: "symlink", target, path, optional: true }))];
}

function makeNode({ path, type, mode, major, minor, uid, gid }: DeviceNode): Step {
  return { do: "make-node", path, mode: (mode & 0o7777) | types[type], major, minor, uid, gid };
}

function hostNode({ path, type, major, minor }: DeviceNode): string {
  return path.startsWith("/dev/") ? path : `/dev/${type === "block" ? "block" : "char"}/${major}:${minor}`;
}
