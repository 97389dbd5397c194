import { join } from "node:path";

import type { ResourceUsage } from "@gantry/core";

import type { V1Controller } from "./cgroup-v1.ts";
import { readControl, readKeyed, readNumber } from "./control-file.ts";

/** No limit reads as the largest multiple of a page; anything near it is none. */
const unlimited = 2 ** 62;

export function readV1Usage(locate: (controller: V1Controller) => string): ResourceUsage {
  const account = locate("cpuacct");
  const throttling = readKeyed(join(locate("cpu"), "cpu.stat"));
  const pidLimit = readNumber(join(locate("pids"), "pids.max"));
  return {
    cpu: {
      total: readNumber(join(account, "cpuacct.usage")) ?? 0,
      user: readNumber(join(account, "cpuacct.usage_user")) ?? 0,
      system: readNumber(join(account, "cpuacct.usage_sys")) ?? 0,
      periods: throttling["nr_periods"] ?? 0,
      throttledPeriods: throttling["nr_throttled"] ?? 0,
      throttledTime: throttling["throttled_time"] ?? 0,
    },
    memory: readMemory(locate("memory")),
    pids: {
      current: readNumber(join(locate("pids"), "pids.current")) ?? 0,
      ...(pidLimit !== undefined && { limit: pidLimit }),
    },
    blkio: readBlkio(locate("blkio")),
  };
}

function readMemory(directory: string): ResourceUsage["memory"] {
  const limit = readNumber(join(directory, "memory.limit_in_bytes"));
  const maximum = readNumber(join(directory, "memory.max_usage_in_bytes"));
  const failures = readNumber(join(directory, "memory.failcnt"));
  return {
    usage: readNumber(join(directory, "memory.usage_in_bytes")) ?? 0,
    ...(maximum !== undefined && { maximum }),
    ...(limit !== undefined && limit < unlimited && { limit }),
    ...(failures !== undefined && { failures }),
    stats: readKeyed(join(directory, "memory.stat")),
  };
}

function readBlkio(directory: string): ResourceUsage["blkio"] {
  const bytes = sumByOperation(join(directory, "blkio.throttle.io_service_bytes_recursive"));
  const operations = sumByOperation(join(directory, "blkio.throttle.io_serviced_recursive"));
  return {
    readBytes: bytes["Read"] ?? 0,
    writeBytes: bytes["Write"] ?? 0,
    readOperations: operations["Read"] ?? 0,
    writeOperations: operations["Write"] ?? 0,
  };
}

/** Lines `8:0 Read 4096`, and a total of two words that is not of interest. */
function sumByOperation(path: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const line of (readControl(path) ?? "").split("\n")) {
    const [, operation, value] = line.split(" ");
    if (operation !== undefined && value !== undefined) sums[operation] = (sums[operation] ?? 0) + Number(value);
  }
  return sums;
}
