import type { ResourceUsage } from "@gantry/core";
import type { ContainerSample, ContainerStats } from "@gantry/engine";

import { zeroTime } from "./times.ts";

/**
 * One sample of `GET /containers/{id}/stats`. A container that does not run has empty parts, as with Docker.
 * @param cgroupVersion version 2 has no maximum of memory and no failures
 * @param memory of the machine, in bytes: the bound of a container without limit
 */
export function showStats(stats: ContainerStats, cgroupVersion: number | undefined, memory: number): object {
  const { read, previous } = stats;
  return {
    name: `/${stats.name}`,
    id: stats.id,
    read: read.usage === undefined ? zeroTime : read.time,
    preread: previous?.usage === undefined ? zeroTime : previous.time,
    pids_stats: read.usage === undefined ? {} : showPids(read.usage.pids),
    blkio_stats: showBlkio(read.usage),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: showCpu(read),
    precpu_stats: showCpu(previous),
    memory_stats: read.usage === undefined ? {} : showMemory(read.usage.memory, cgroupVersion, memory),
  };
}

function showPids({ current, limit }: ResourceUsage["pids"]): object {
  return { current, ...(limit === undefined ? {} : { limit }) };
}

function showCpu(sample: ContainerSample | undefined): object {
  const cpu = sample?.usage?.cpu;
  return {
    cpu_usage: {
      total_usage: cpu?.total ?? 0,
      usage_in_kernelmode: cpu?.system ?? 0,
      usage_in_usermode: cpu?.user ?? 0,
    },
    ...(sample === undefined || cpu === undefined
      ? {}
      : { system_cpu_usage: sample.systemCpu, online_cpus: sample.onlineCpus }),
    throttling_data: {
      periods: cpu?.periods ?? 0,
      throttled_periods: cpu?.throttledPeriods ?? 0,
      throttled_time: cpu?.throttledTime ?? 0,
    },
  };
}

function showMemory(memory: ResourceUsage["memory"], cgroupVersion: number | undefined, machine: number): object {
  return {
    usage: memory.usage,
    ...(cgroupVersion === 1 ? { max_usage: memory.maximum ?? 0, failcnt: memory.failures ?? 0 } : {}),
    stats: memory.stats,
    limit: Math.min(memory.limit ?? machine, machine),
  };
}

/** The engine knows sums over all devices; they are told as of a device 0:0. */
function showBlkio(usage: ResourceUsage | undefined): object {
  const { readBytes = 0, writeBytes = 0, readOperations = 0, writeOperations = 0 } = usage?.blkio ?? {};
  const pair = (read: number, write: number): readonly object[] | null =>
    usage === undefined
      ? null
      : [
          { major: 0, minor: 0, op: "read", value: read },
          { major: 0, minor: 0, op: "write", value: write },
        ];
  return {
    io_service_bytes_recursive: pair(readBytes, writeBytes),
    io_serviced_recursive: pair(readOperations, writeOperations),
    io_queue_recursive: null,
    io_service_time_recursive: null,
    io_wait_time_recursive: null,
    io_merged_recursive: null,
    io_time_recursive: null,
    sectors_recursive: null,
  };
}
