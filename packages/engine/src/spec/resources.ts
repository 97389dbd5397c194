import { availableParallelism } from "node:os";

import type { LimiterFeatures, ResourceLimits } from "@gantry/core";

import type { HostConfig } from "../engine.ts";
import { invalidArgument } from "../engine-errors.ts";

const minimumMemory = 6 * 1024 * 1024;
const defaultCpuPeriod = 100_000;
const nanosecondsPerCpu = 1_000_000_000;

export interface CheckedResources {
  limits: Omit<ResourceLimits, "devices">;
  warnings: readonly string[];
}

/**
 * Checks what was asked for, completes it (swap twice the memory, CPUs as quota) and leaves out, with a warning, what this
 * machine cannot limit. Zero means not asked for, as in Docker's API.
 * Errors: `invalid-argument` in Docker's words.
 */
export function checkResources(
  resources: HostConfig["resources"],
  features: LimiterFeatures | undefined,
): CheckedResources {
  const { nanoCpus, ...asked } = withoutZeros(resources);
  checkMemory(asked);
  checkCpu(asked, nanoCpus);
  if (asked.blkioWeight !== undefined)
    checkRange(asked.blkioWeight, 10, 1000, "Range of blkio weight is from 10 to 1000");
  const limits: Omit<ResourceLimits, "devices"> = {
    ...asked,
    ...(nanoCpus === undefined
      ? {}
      : { cpuPeriod: defaultCpuPeriod, cpuQuota: Math.round((nanoCpus * defaultCpuPeriod) / nanosecondsPerCpu) }),
  };
  if (
    limits.memory !== undefined &&
    limits.memory > 0 &&
    limits.memorySwap === undefined &&
    limitable("memorySwap", features)
  ) {
    limits.memorySwap = 2 * limits.memory;
  }
  return dropUnsupported(limits, features);
}

function withoutZeros(resources: HostConfig["resources"]): HostConfig["resources"] {
  const kept = Object.entries(resources).filter(
    ([name, value]) =>
      (name === "memorySwappiness" || value !== 0) && value !== "" && value !== false && value !== undefined,
  );
  return Object.fromEntries(kept);
}

function checkMemory(asked: ResourceLimits): void {
  const { memory, memorySwap, memoryReservation, memorySwappiness } = asked;
  if (memory !== undefined && memory !== -1 && memory < minimumMemory) {
    throw invalid("memory", "Minimum memory limit allowed is 6MB");
  }
  if (memorySwap !== undefined && memorySwap !== -1) {
    if (memory === undefined) {
      throw invalid("memorySwap", "You should always set the Memory limit when using Memoryswap limit, see usage");
    }
    if (memorySwap < memory) {
      throw invalid("memorySwap", "Minimum memoryswap limit should be larger than memory limit, see usage");
    }
  }
  if (memorySwappiness !== undefined && memorySwappiness !== -1 && (memorySwappiness < 0 || memorySwappiness > 100)) {
    throw invalid("memorySwappiness", `Invalid value: ${memorySwappiness}, valid memory swappiness range is 0-100`);
  }
  if (memoryReservation !== undefined && memoryReservation < minimumMemory) {
    throw invalid("memoryReservation", "Minimum memory reservation allowed is 6MB");
  }
  if (memoryReservation !== undefined && memory !== undefined && memory !== -1 && memory < memoryReservation) {
    const message = "Minimum memory limit can not be less than memory reservation limit, see usage";
    throw invalid("memoryReservation", message);
  }
}

function checkCpu(asked: ResourceLimits, nanoCpus: number | undefined): void {
  const cpus = availableParallelism();
  if (nanoCpus !== undefined) {
    if (asked.cpuPeriod !== undefined) {
      throw invalid("nanoCpus", "Conflicting options: Nano CPUs and CPU Period cannot both be set");
    }
    if (asked.cpuQuota !== undefined) {
      throw invalid("nanoCpus", "Conflicting options: Nano CPUs and CPU Quota cannot both be set");
    }
    if (nanoCpus < nanosecondsPerCpu / 100 || nanoCpus > cpus * nanosecondsPerCpu) {
      const message = `range of CPUs is from 0.01 to ${cpus}.00, as there are only ${cpus} CPUs available`;
      throw invalid("nanoCpus", message);
    }
  }
  if (asked.cpuShares !== undefined && asked.cpuShares < 0) {
    throw invalid("cpuShares", `invalid CPU shares (${asked.cpuShares}): value must be a positive integer`);
  }
  if (asked.cpuPeriod !== undefined) {
    const message = "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)";
    checkRange(asked.cpuPeriod, 1000, 1_000_000, message);
  }
  if (asked.cpuQuota !== undefined && asked.cpuQuota !== -1 && asked.cpuQuota < 1000) {
    throw invalid("cpuQuota", "CPU cfs quota can not be less than 1ms (i.e. 1000)");
  }
  for (const field of ["cpusetCpus", "cpusetMems"] as const) {
    const set = asked[field];
    if (set !== undefined && !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(set)) {
      throw invalid(field, `Invalid value ${set} for ${field === "cpusetCpus" ? "cpuset cpus" : "cpuset mems"}`);
    }
  }
}

function checkRange(value: number, minimum: number, maximum: number, message: string): void {
  if (value < minimum || value > maximum) throw invalidArgument(message);
}

function dropUnsupported(
  limits: Omit<ResourceLimits, "devices">,
  features: LimiterFeatures | undefined,
): CheckedResources {
  const warnings: string[] = [];
  const kept = Object.entries(limits).filter(([name, value]) => {
    if (limitable(name as keyof ResourceLimits, features)) return true;
    if (value === -1) return false;
    warnings.push(
      name === "memorySwap"
        ? "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap."
        : `This machine cannot limit ${name}. Limitation discarded.`,
    );
    return false;
  });
  return { limits: Object.fromEntries(kept), warnings };
}

function limitable(name: keyof ResourceLimits, features: LimiterFeatures | undefined): boolean {
  return features?.limits.includes(name) ?? false;
}

function invalid(field: string, message: string): Error {
  return invalidArgument(message, { field });
}
