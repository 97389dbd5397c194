import { join } from "node:path";

import type { ResourceUsage } from "@gantry/core";

import { readControl, readKeyed, readNumber } from "./control-file.ts";
import { processesIn } from "./group-tree.ts";

export function readV2Usage(directory: string): ResourceUsage {
  const cpu = readKeyed(join(directory, "cpu.stat"));
  const nanoseconds = (key: string): number => (cpu[key] ?? 0) * 1000;
  const pidLimit = readNumber(join(directory, "pids.max"));
  return {
    cpu: {
      total: nanoseconds("usage_usec"),
      user: nanoseconds("user_usec"),
      system: nanoseconds("system_usec"),
      periods: cpu["nr_periods"] ?? 0,
      throttledPeriods: cpu["nr_throttled"] ?? 0,
      throttledTime: nanoseconds("throttled_usec"),
    },
    memory: readMemory(directory),
    pids: {
      // Without the controller threads cannot be counted; processes can.
      current: readNumber(join(directory, "pids.current")) ?? processesIn(directory).length,
      ...(pidLimit !== undefined && { limit: pidLimit }),
    },
    blkio: readIo(directory),
  };
}

function readMemory(directory: string): ResourceUsage["memory"] {
  const limit = readNumber(join(directory, "memory.max"));
  const maximum = readNumber(join(directory, "memory.peak"));
  const failures = readKeyed(join(directory, "memory.events"))["max"];
  return {
    usage: readNumber(join(directory, "memory.current")) ?? 0,
    ...(maximum !== undefined && { maximum }),
    ...(limit !== undefined && { limit }),
    ...(failures !== undefined && { failures }),
    stats: readKeyed(join(directory, "memory.stat")),
  };
}

/** Lines `8:0 rbytes=1 wbytes=2 rios=3 wios=4 …`. */
function readIo(directory: string): ResourceUsage["blkio"] {
  const sums: Record<string, number> = {};
  for (const [, key, value] of (readControl(join(directory, "io.stat")) ?? "").matchAll(/(\w+)=(\d+)/g)) {
    if (key !== undefined) sums[key] = (sums[key] ?? 0) + Number(value);
  }
  return {
    readBytes: sums["rbytes"] ?? 0,
    writeBytes: sums["wbytes"] ?? 0,
    readOperations: sums["rios"] ?? 0,
    writeOperations: sums["wios"] ?? 0,
  };
}
