import type { CommandOption } from "@gantry/core";
import type { HostConfig } from "@gantry/engine";

import { value } from "../parsing/option-specs.ts";
import type { OptionValues } from "../parsing/option-values.ts";
import { parseCpus, parseInteger, parseSize, parseSizeOrUnlimited } from "../parsing/parse-numbers.ts";
import { present } from "./present.ts";

/** Limits that can be changed while a container runs. */
export const updatableOptions: readonly CommandOption[] = [
  value("blkio-weight", "uint16", "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)"),
  value("cpu-period", "int", "Limit CPU CFS (Completely Fair Scheduler) period"),
  value("cpu-quota", "int", "Limit CPU CFS (Completely Fair Scheduler) quota"),
  value("cpu-shares", "int", "CPU shares (relative weight)", "c"),
  value("cpus", "decimal", "Number of CPUs"),
  value("cpuset-cpus", "string", "CPUs in which to allow execution (0-3, 0,1)"),
  value("cpuset-mems", "string", "MEMs in which to allow execution (0-3, 0,1)"),
  value("memory", "bytes", "Memory limit", "m"),
  value("memory-reservation", "bytes", "Memory soft limit"),
  value("memory-swap", "bytes", "Swap limit equal to memory plus swap: '-1' to enable unlimited swap"),
  value("pids-limit", "int", "Tune container pids limit (set -1 for unlimited)"),
];

export const resourceOptions: readonly CommandOption[] = [
  ...updatableOptions,
  value("memory-swappiness", "int", "Tune container memory swappiness (0 to 100) (default -1)"),
];

/** The limits that a call names. */
export function resourcesOf(values: OptionValues): HostConfig["resources"] {
  const swappiness = values.parsed("memory-swappiness", parseInteger);
  return present({
    blkioWeight: values.parsed("blkio-weight", parseInteger),
    cpuPeriod: values.parsed("cpu-period", parseInteger),
    cpuQuota: values.parsed("cpu-quota", parseInteger),
    cpuShares: values.parsed("cpu-shares", parseInteger),
    nanoCpus: values.parsed("cpus", parseCpus),
    cpusetCpus: values.text("cpuset-cpus"),
    cpusetMems: values.text("cpuset-mems"),
    memory: values.parsed("memory", parseSize),
    memoryReservation: values.parsed("memory-reservation", parseSize),
    memorySwap: values.parsed("memory-swap", parseSizeOrUnlimited),
    memorySwappiness: swappiness === -1 ? undefined : swappiness,
    oomKillDisable: values.flag("oom-kill-disable") || undefined,
    pids: values.parsed("pids-limit", parseInteger),
  });
}
