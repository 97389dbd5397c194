import { EngineError } from "@gantry/core";

/** In the order of their bits, from linux/capability.h. */
const names = [
  "CHOWN",
  "DAC_OVERRIDE",
  "DAC_READ_SEARCH",
  "FOWNER",
  "FSETID",
  "KILL",
  "SETGID",
  "SETUID",
  "SETPCAP",
  "LINUX_IMMUTABLE",
  "NET_BIND_SERVICE",
  "NET_BROADCAST",
  "NET_ADMIN",
  "NET_RAW",
  "IPC_LOCK",
  "IPC_OWNER",
  "SYS_MODULE",
  "SYS_RAWIO",
  "SYS_CHROOT",
  "SYS_PTRACE",
  "SYS_PACCT",
  "SYS_ADMIN",
  "SYS_BOOT",
  "SYS_NICE",
  "SYS_RESOURCE",
  "SYS_TIME",
  "SYS_TTY_CONFIG",
  "MKNOD",
  "LEASE",
  "AUDIT_WRITE",
  "AUDIT_CONTROL",
  "SETFCAP",
  "MAC_OVERRIDE",
  "MAC_ADMIN",
  "SYSLOG",
  "WAKE_ALARM",
  "BLOCK_SUSPEND",
  "AUDIT_READ",
  "PERFMON",
  "BPF",
  "CHECKPOINT_RESTORE",
] as const;

const bits = new Map(names.map((name, bit) => [`CAP_${name}`, 1n << BigInt(bit)]));

export const CAP_SYS_ADMIN = 1n << 21n;

/**
 * The set as the kernel takes it.
 * @throws EngineError `invalid-argument` for an unknown name
 */
export function capabilityMask(capabilities: readonly string[]): bigint {
  let mask = 0n;
  for (const name of capabilities) {
    const bit = bits.get(name);
    if (bit === undefined) {
      throw new EngineError("invalid-argument", `capabilities: there is no ${name}; names are such as CAP_NET_RAW`, {
        details: { field: "capabilities" },
      });
    }
    mask |= bit;
  }
  return mask;
}

/** The names in a set. Bits without a name are left out. */
export function capabilityNames(mask: bigint): string[] {
  return [...bits].filter(([, bit]) => (mask & bit) !== 0n).map(([name]) => name);
}
