import type { ContainerSample, ContainerStats } from "@gantry/engine";

import { knownTime } from "../wire/timestamps.ts";
import { defined } from "./defined.ts";

interface CpuJson {
  cpu_usage?: { total_usage?: number; usage_in_usermode?: number; usage_in_kernelmode?: number };
  system_cpu_usage?: number;
  online_cpus?: number;
  throttling_data?: { periods?: number; throttled_periods?: number; throttled_time?: number };
}

type OperationsJson = readonly { op?: string; value?: number }[] | null;

/** One document of `GET /containers/{id}/stats`, as far as it is read. */
export interface StatsJson {
  id?: string;
  name?: string;
  read?: string;
  preread?: string;
  cpu_stats?: CpuJson;
  precpu_stats?: CpuJson;
  memory_stats?: {
    usage?: number;
    max_usage?: number;
    limit?: number;
    failcnt?: number;
    stats?: Record<string, number> | null;
  };
  pids_stats?: { current?: number; limit?: number };
  networks?: Readonly<Record<string, { rx_bytes?: number; tx_bytes?: number }>> | null;
  blkio_stats?: { io_service_bytes_recursive?: OperationsJson; io_serviced_recursive?: OperationsJson };
}

export function containerStats(json: StatsJson, reference: string): ContainerStats {
  const before = knownTime(json.preread);
  const { precpu_stats: earlier = {} } = json;
  return {
    id: json.id ?? reference,
    name: (json.name ?? "").replace(/^\//, ""),
    read: sample(json, json.read ?? "", json.cpu_stats ?? {}),
    // Of the sample before, the API tells the processors' share only.
    ...(before === undefined ? {} : { previous: sample({ memory_stats: { usage: 0 } }, before, earlier) }),
  };
}

function sample(json: StatsJson, time: string, cpu: CpuJson): ContainerSample {
  return {
    time,
    systemCpu: cpu.system_cpu_usage ?? 0,
    onlineCpus: cpu.online_cpus ?? 0,
    ...(json.networks ? { network: network(json.networks) } : {}),
    // A container that does not run has no memory to tell of.
    ...(json.memory_stats?.usage === undefined ? {} : { usage: usage(json, cpu) }),
  };
}

function usage(json: StatsJson, cpu: CpuJson): NonNullable<ContainerSample["usage"]> {
  const { cpu_usage: times = {}, throttling_data: throttling = {} } = cpu;
  const { memory_stats: memory = {}, pids_stats: pids = {}, blkio_stats: blkio = {} } = json;
  return {
    cpu: {
      total: times.total_usage ?? 0,
      user: times.usage_in_usermode ?? 0,
      system: times.usage_in_kernelmode ?? 0,
      periods: throttling.periods ?? 0,
      throttledPeriods: throttling.throttled_periods ?? 0,
      throttledTime: throttling.throttled_time ?? 0,
    },
    memory: {
      usage: memory.usage ?? 0,
      stats: memory.stats ?? {},
      ...defined({ maximum: memory.max_usage, limit: memory.limit, failures: memory.failcnt }),
    },
    pids: { current: pids.current ?? 0, ...defined({ limit: pids.limit }) },
    blkio: {
      readBytes: operations(blkio.io_service_bytes_recursive, "read"),
      writeBytes: operations(blkio.io_service_bytes_recursive, "write"),
      readOperations: operations(blkio.io_serviced_recursive, "read"),
      writeOperations: operations(blkio.io_serviced_recursive, "write"),
    },
  };
}

function network(interfaces: NonNullable<StatsJson["networks"]>): NonNullable<ContainerSample["network"]> {
  const all = Object.values(interfaces);
  return {
    receivedBytes: all.reduce((sum, { rx_bytes = 0 }) => sum + rx_bytes, 0),
    sentBytes: all.reduce((sum, { tx_bytes = 0 }) => sum + tx_bytes, 0),
  };
}

/** Sums over devices. Versions of cgroups differ in the case of the names. */
function operations(entries: OperationsJson | undefined, name: string): number {
  const mine = (entries ?? []).filter(({ op }) => op?.toLowerCase() === name);
  return mine.reduce((sum, { value = 0 }) => sum + value, 0);
}
