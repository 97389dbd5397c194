import type { CapabilitySets } from "@gantry/core";

import { invalidArgument } from "../engine-errors.ts";

/** All of Linux 5.9 and later, in the kernel's order. */
export const allCapabilities: readonly string[] = prefixed(
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE " +
    "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT " +
    "SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP " +
    "MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE",
);

/** What a container has unless it was told otherwise: Docker's fourteen. */
export const defaultCapabilities: readonly string[] = prefixed(
  "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE",
);

export interface CapabilityOptions {
  add: readonly string[];
  drop: readonly string[];
  privileged: boolean;
}

/**
 * The container's bounding set, in the order of the default list. `ALL` in `drop` leaves what `add` names; `ALL` in `add` gives
 * everything but what `drop` names.
 * Errors: `invalid-argument` for an unknown name.
 */
export function boundingSet(options: CapabilityOptions): readonly string[] {
  const add = normalize(options.add, "CapAdd");
  const drop = normalize(options.drop, "CapDrop");
  if (options.privileged) return allCapabilities;
  if (add.includes("ALL")) return allCapabilities.filter((capability) => !drop.includes(capability));
  if (drop.includes("ALL")) return [...new Set(add)];
  return [...new Set([...defaultCapabilities.filter((capability) => !drop.includes(capability)), ...add])];
}

/** What the first process starts with: a user other than root gets none in force, as `execve` would have it. */
export function capabilitySets(bounding: readonly string[], uid: number): CapabilitySets {
  const own = uid === 0 ? bounding : [];
  return { bounding, effective: own, permitted: own, inheritable: [], ambient: [] };
}

function normalize(names: readonly string[], field: string): readonly string[] {
  return names.map((name) => {
    const upper = name.toUpperCase();
    if (upper === "ALL") return upper;
    const capability = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
    if (!allCapabilities.includes(capability)) {
      throw invalidArgument(`invalid ${field}: unknown capability: "${capability}"`, { field });
    }
    return capability;
  });
}

function prefixed(names: string): readonly string[] {
  return names.split(" ").map((name) => `CAP_${name}`);
}
