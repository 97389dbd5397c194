import { existsSync } from "node:fs";
import { join } from "node:path";

import type { DeviceRate, ResourceLimits } from "@gantry/core";

import type { V1Controller } from "./cgroup-v1.ts";
import { readNumber, writeLimit } from "./control-file.ts";
import { compileDeviceRules, formatDeviceRule } from "./device-rules.ts";

type Field = keyof ResourceLimits;

/** The controller and the file behind each field; of several files the first that exists. */
const controls: Readonly<Record<Field, readonly [V1Controller, ...string[]]>> = {
  memory: ["memory", "memory.limit_in_bytes"],
  memorySwap: ["memory", "memory.memsw.limit_in_bytes"],
  memoryReservation: ["memory", "memory.soft_limit_in_bytes"],
  memorySwappiness: ["memory", "memory.swappiness"],
  oomKillDisable: ["memory", "memory.oom_control"],
  cpuShares: ["cpu", "cpu.shares"],
  cpuQuota: ["cpu", "cpu.cfs_quota_us"],
  cpuPeriod: ["cpu", "cpu.cfs_period_us"],
  cpusetCpus: ["cpuset", "cpuset.cpus"],
  cpusetMems: ["cpuset", "cpuset.mems"],
  pids: ["pids", "pids.max"],
  blkioWeight: ["blkio", "blkio.weight", "blkio.bfq.weight"],
  blkioReadBps: ["blkio", "blkio.throttle.read_bps_device"],
  blkioWriteBps: ["blkio", "blkio.throttle.write_bps_device"],
  blkioReadIops: ["blkio", "blkio.throttle.read_iops_device"],
  blkioWriteIops: ["blkio", "blkio.throttle.write_iops_device"],
  devices: ["devices", "devices.allow"],
};

/** Gives the directory of a group in a controller's hierarchy. */
type Locate = (controller: V1Controller) => string | undefined;

export function fieldsOffered(locate: Locate): Field[] {
  return (Object.keys(controls) as Field[]).filter((field) => {
    const directory = locate(controls[field][0]);
    return directory !== undefined && existsSync(file(directory, field));
  });
}

/** The controllers that the limits need. */
export function controllersFor(limits: ResourceLimits): V1Controller[] {
  const fields = (Object.keys(limits) as Field[]).filter((field) => limits[field] !== undefined);
  return [...new Set(fields.map((field) => controls[field][0]))];
}

/** Writes validated limits into a group whose directories exist. */
export function writeV1Limits(locate: (controller: V1Controller) => string, limits: ResourceLimits): void {
  const set = (field: Field, value: string | number | undefined): void => {
    if (value !== undefined) writeLimit(file(locate(controls[field][0]), field), String(value), field);
  };
  set("cpusetCpus", limits.cpusetCpus);
  set("cpusetMems", limits.cpusetMems);
  if (limits.memory !== undefined || limits.memorySwap !== undefined) writeMemory(locate("memory"), limits, set);
  set("memoryReservation", limits.memoryReservation);
  set("memorySwappiness", limits.memorySwappiness);
  if (limits.oomKillDisable !== undefined) set("oomKillDisable", limits.oomKillDisable ? 1 : 0);
  set("cpuShares", limits.cpuShares);
  // The kernel refuses a period under which the old quota is out of range: lift the quota first.
  if (limits.cpuPeriod !== undefined && limits.cpuQuota !== undefined) set("cpuQuota", -1);
  set("cpuPeriod", limits.cpuPeriod);
  set("cpuQuota", limits.cpuQuota);
  if (limits.pids !== undefined) set("pids", limits.pids === -1 ? "max" : limits.pids);
  set("blkioWeight", limits.blkioWeight);
  for (const field of ["blkioReadBps", "blkioWriteBps", "blkioReadIops", "blkioWriteIops"] as const) {
    for (const rate of limits[field] ?? []) set(field, formatRate(rate));
  }
  if (limits.devices) writeDevices(locate("devices"), limits);
}

/** The kernel holds memory ≤ memory + swap at every moment, so the order of the two writes depends on the direction. */
function writeMemory(directory: string, limits: ResourceLimits, set: (field: Field, value?: number) => void): void {
  const swapLimit = readNumber(join(directory, "memory.memsw.limit_in_bytes"));
  const { memory } = limits;
  const memorySwap = limits.memorySwap ?? (memory === -1 && swapLimit !== undefined ? -1 : undefined);
  const swapFirst = memory === undefined || memory === -1 || (swapLimit !== undefined && memory > swapLimit);
  if (swapFirst) set("memorySwap", memorySwap);
  set("memory", memory);
  if (!swapFirst) set("memorySwap", memorySwap);
}

function writeDevices(directory: string, limits: ResourceLimits): void {
  const { allowByDefault, exceptions } = compileDeviceRules(limits.devices ?? []);
  const [byDefault, except] = allowByDefault ? ["allow", "deny"] : ["deny", "allow"];
  writeLimit(join(directory, `devices.${byDefault}`), "a", "devices");
  if (exceptions.length > 0) {
    writeLimit(join(directory, `devices.${except}`), exceptions.map(formatDeviceRule), "devices");
  }
}

function formatRate({ major, minor, rate }: DeviceRate): string {
  return `${major}:${minor} ${rate}`;
}

function file(directory: string, field: Field): string {
  const [, first = "", ...others] = controls[field];
  const path = join(directory, first);
  const other = others[0];
  return other !== undefined && !existsSync(path) ? join(directory, other) : path;
}
