import { isEngineError } from "@gantry/core";
import type { ResourceLimits } from "@gantry/core";
import { expect, test } from "vitest";

import { parseCpuList } from "../src/cpu-list.ts";
import { CgroupLimiter } from "../src/index.ts";
import { validateLimits } from "../src/limit-validation.ts";
import { cpuWeight, ioWeight } from "../src/v2-limits.ts";

test("shares become weights that keep the ends and the default", () => {
  expect([2, 1024, 262_144].map(cpuWeight)).toEqual([1, 100, 10_000]);
  const weights = Array.from({ length: 1000 }, (_, index) => cpuWeight(2 + index * 262));
  expect(weights).toEqual(weights.toSorted((a, b) => a - b));
  expect([10, 1000].map(ioWeight)).toEqual([1, 10_000]);
});

test.each([
  ["0", [0]],
  ["0-2,4", [0, 1, 2, 4]],
  ["3,1", [3, 1]],
  ["", undefined],
  ["2-1", undefined],
  ["0,,1", undefined],
  ["a", undefined],
])("the list %j", (text, cpus) => {
  expect(parseCpuList(text) && [...parseCpuList(text)!]).toEqual(cpus);
});

const offered: (keyof ResourceLimits)[] = [
  "memory",
  "memorySwap",
  "cpuShares",
  "cpuQuota",
  "pids",
  "cpusetCpus",
  "devices",
];

test.each<[ResourceLimits, RegExp]>([
  [{ memory: 100 }, /memory "100": must be a whole number from 4096 .*-1 for none/],
  [{ memory: 2 ** 30, memorySwap: 2 ** 29 }, /memorySwap .*must not be below memory/],
  [{ memory: -1, memorySwap: 2 ** 29 }, /memorySwap/],
  [{ cpuShares: 1 }, /cpuShares "1": must be a whole number from 2 to 262144/],
  [{ pids: 0 }, /pids/],
  [{ cpuQuota: 999 }, /cpuQuota/],
  [{ cpusetCpus: "0-" }, /cpusetCpus "0-": must be a list such as 0-2,4/],
  [{ devices: [{ allow: true, type: "c", access: "x" }] }, /devices .*letters r, w and m/],
  [{ devices: [{ allow: true, type: "c", major: -1, access: "r" }] }, /devices/],
])("refuses %j", (limits, message) => {
  expect(() => validateLimits(limits, offered)).toThrow(message);
});

test("what is not offered is unsupported, unless it asks for what is so anyway", () => {
  expect(() => validateLimits({ blkioWeight: 100 }, offered)).toThrow(/blkioWeight cannot be limited/);
  expect(() => validateLimits({ oomKillDisable: true }, offered)).toThrow(/oomKillDisable/);
  expect(() => validateLimits({ oomKillDisable: false, blkioReadBps: [] }, offered)).not.toThrow();
});

test("options name what is wrong", () => {
  expect(() => new CgroupLimiter({ parent: "../x" })).toThrow(/plain names/);
  expect(() => new CgroupLimiter({ root: "relative" })).toThrow(/absolute/);
});

test("a root without cgroups is refused at the first call, with the remedy", async () => {
  const limiter = new CgroupLimiter({ root: "/nonexistent" });
  const error = await limiter.list().catch((thrown: unknown) => thrown);
  expect(isEngineError(error, "unsupported") && error.message).toMatch(/mount cgroup2/);
});
