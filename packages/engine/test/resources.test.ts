import { availableParallelism } from "node:os";

import type { LimiterFeatures, ResourceLimits } from "@gantry/core";
import { describe, expect, it } from "vitest";

import { checkResources } from "../src/spec/resources.ts";

const all: LimiterFeatures = {
  name: "all",
  version: 2,
  freezer: true,
  limits: [
    "memory",
    "memorySwap",
    "memoryReservation",
    "memorySwappiness",
    "cpuShares",
    "cpuQuota",
    "cpuPeriod",
    "cpusetCpus",
    "pids",
  ],
};
const mebibyte = 1024 * 1024;

describe("resources", () => {
  it("completes swap and CPUs", () => {
    expect(checkResources({ memory: 32 * mebibyte, nanoCpus: 500_000_000 }, all)).toEqual({
      limits: { memory: 32 * mebibyte, memorySwap: 64 * mebibyte, cpuPeriod: 100_000, cpuQuota: 50_000 },
      warnings: [],
    });
    expect(checkResources({ memory: 32 * mebibyte, memorySwap: -1 }, all).limits.memorySwap).toBe(-1);
  });

  it("takes zero for not asked", () => {
    expect(
      checkResources({ memory: 0, cpuShares: 0, cpuQuota: 0, pids: 0, cpusetCpus: "", oomKillDisable: false }, all),
    ).toEqual({
      limits: {},
      warnings: [],
    });
  });

  it("warns of what the machine cannot limit", () => {
    const some: LimiterFeatures = { ...all, limits: ["memory"] };
    const { limits, warnings } = checkResources(
      { memory: 8 * mebibyte, memorySwap: 9 * mebibyte, pids: 5, cpuShares: -0 },
      some,
    );
    expect(limits).toEqual({ memory: 8 * mebibyte });
    expect(warnings).toEqual([
      "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.",
      "This machine cannot limit pids. Limitation discarded.",
    ]);
    expect(checkResources({ memory: 8 * mebibyte }, some)).toEqual({ limits: { memory: 8 * mebibyte }, warnings: [] });
    expect(checkResources({ memory: 8 * mebibyte, pids: -1 }, undefined).warnings).toHaveLength(1);
  });

  it.each<[ResourceLimits & { nanoCpus?: number }, string]>([
    [{ memory: 6 * mebibyte - 1 }, "Minimum memory limit allowed is 6MB"],
    [{ memorySwap: 8 * mebibyte }, "You should always set the Memory limit when using Memoryswap limit, see usage"],
    [
      { memory: 9 * mebibyte, memorySwap: 8 * mebibyte },
      "Minimum memoryswap limit should be larger than memory limit, see usage",
    ],
    [{ memorySwappiness: 101 }, "Invalid value: 101, valid memory swappiness range is 0-100"],
    [{ memoryReservation: 1 }, "Minimum memory reservation allowed is 6MB"],
    [
      { memory: 6 * mebibyte, memoryReservation: 7 * mebibyte },
      "Minimum memory limit can not be less than memory reservation limit",
    ],
    [{ nanoCpus: 1e9, cpuQuota: 5000 }, "Conflicting options: Nano CPUs and CPU Quota cannot both be set"],
    [{ nanoCpus: 1e9, cpuPeriod: 5000 }, "Conflicting options: Nano CPUs and CPU Period cannot both be set"],
    [{ nanoCpus: (availableParallelism() + 1) * 1e9 }, `as there are only ${availableParallelism()} CPUs available`],
    [{ nanoCpus: 1 }, "range of CPUs is from 0.01"],
    [{ cpuShares: -1 }, "invalid CPU shares (-1): value must be a positive integer"],
    [{ cpuPeriod: 999 }, "CPU cfs period can not be less than 1ms"],
    [{ cpuQuota: 999 }, "CPU cfs quota can not be less than 1ms"],
    [{ cpusetCpus: "a" }, "Invalid value a for cpuset cpus"],
    [{ blkioWeight: 9 }, "Range of blkio weight is from 10 to 1000"],
  ])("refuses %j", (resources, message) => {
    expect(() => checkResources(resources, all)).toThrow(message);
  });
});
