import { EngineError } from "@gantry/core";
import type { HostConfig } from "@gantry/engine";

import type { JsonFields } from "../http/json-fields.ts";
import { defined } from "./defined.ts";

type Resources = HostConfig["resources"];

/** Limits for devices by path, which the engine has no words for. */
const unsupportedLists = [
  "BlkioWeightDevice",
  "BlkioDeviceReadBps",
  "BlkioDeviceWriteBps",
  "BlkioDeviceReadIOps",
  "BlkioDeviceWriteIOps",
];
const unsupportedNumbers = ["CpuRealtimePeriod", "CpuRealtimeRuntime"];

/** Limits as Docker's clients send them: 0 is no limit, or no change. Errors: `unsupported`, naming the field. */
export function readResources(fields: JsonFields): Resources {
  for (const name of unsupportedLists) refuse(fields, name, (fields.objects(name) ?? []).length > 0);
  for (const name of unsupportedNumbers) refuse(fields, name, (fields.integer(name) ?? 0) !== 0);
  const number = (name: string): number | undefined => fields.integer(name) || undefined;
  const swappiness = fields.integer("MemorySwappiness");
  return defined({
    memory: number("Memory"),
    memorySwap: number("MemorySwap"),
    memoryReservation: number("MemoryReservation"),
    memorySwappiness: swappiness === -1 ? undefined : swappiness,
    oomKillDisable: fields.boolean("OomKillDisable") || undefined,
    cpuShares: number("CpuShares"),
    cpuQuota: number("CpuQuota"),
    cpuPeriod: number("CpuPeriod"),
    nanoCpus: number("NanoCpus"),
    cpusetCpus: fields.string("CpusetCpus") || undefined,
    cpusetMems: fields.string("CpusetMems") || undefined,
    pids: number("PidsLimit"),
    blkioWeight: number("BlkioWeight"),
  });
}

/** Limits as an inspection shows them. */
export function showResources(limits: Resources): Record<string, unknown> {
  return {
    CpuShares: limits.cpuShares ?? 0,
    Memory: limits.memory ?? 0,
    NanoCpus: limits.nanoCpus ?? 0,
    CgroupParent: "",
    BlkioWeight: limits.blkioWeight ?? 0,
    BlkioWeightDevice: [],
    BlkioDeviceReadBps: [],
    BlkioDeviceWriteBps: [],
    BlkioDeviceReadIOps: [],
    BlkioDeviceWriteIOps: [],
    CpuPeriod: limits.cpuPeriod ?? 0,
    CpuQuota: limits.cpuQuota ?? 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: limits.cpusetCpus ?? "",
    CpusetMems: limits.cpusetMems ?? "",
    Devices: [],
    DeviceCgroupRules: null,
    DeviceRequests: null,
    MemoryReservation: limits.memoryReservation ?? 0,
    MemorySwap: limits.memorySwap ?? 0,
    MemorySwappiness: limits.memorySwappiness ?? null,
    OomKillDisable: limits.oomKillDisable ?? false,
    PidsLimit: limits.pids ?? null,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
  };
}

function refuse(fields: JsonFields, name: string, asked: boolean): void {
  if (!asked) return;
  const field = fields.pathOf(name);
  throw new EngineError("unsupported", `${field} is not supported by this engine: leave it out`, {
    details: { field },
  });
}
