import type { ContainerStats } from "@gantry/engine";

import { binarySize, humanSize } from "./human-size.ts";
import type { ListField } from "./formatted-list.ts";
import { shortId } from "./short-text.ts";

/** What is shown of a container until its first sample has come. */
const unknown = "--";

/** A container with its latest sample, if there is one. */
export interface StatsRow {
  id: string;
  name: string;
  /** As the user named it. */
  reference: string;
  sample?: ContainerStats;
}

type Usage = NonNullable<ContainerStats["read"]["usage"]>;

export function statsFields(truncate: boolean): readonly ListField<StatsRow>[] {
  const known = (show: (usage: Usage, sample: ContainerStats) => string) => (row: StatsRow) => {
    if (row.sample === undefined) return unknown;
    const { usage } = row.sample.read;
    return show(usage ?? nothing, row.sample);
  };
  const pair = (first: string, second: string): string => `${first} / ${second}`;
  return [
    { name: "Container", heading: "CONTAINER", value: (row) => row.reference },
    { name: "ID", heading: "CONTAINER ID", value: (row) => (truncate ? shortId(row.id) : row.id) },
    { name: "Name", heading: "NAME", value: (row) => row.name || unknown },
    { name: "CPUPerc", heading: "CPU %", value: known((_, sample) => percent(cpuShare(sample))) },
    {
      name: "MemUsage",
      heading: "MEM USAGE / LIMIT",
      value: known((usage) => pair(binarySize(memoryInUse(usage)), binarySize(usage.memory.limit ?? 0))),
    },
    { name: "MemPerc", heading: "MEM %", value: known((usage) => percent(memoryShare(usage))) },
    { name: "NetIO", heading: "NET I/O", value: known((_, { read }) => networkUse(read)) },
    {
      name: "BlockIO",
      heading: "BLOCK I/O",
      value: known(({ blkio }) => pair(humanSize(blkio.readBytes), humanSize(blkio.writeBytes))),
    },
    { name: "PIDs", heading: "PIDS", value: known(({ pids }) => String(pids.current)) },
  ];
}

/** A container that does not run uses nothing. */
const nothing: Usage = {
  cpu: { total: 0, user: 0, system: 0, throttledPeriods: 0, periods: 0, throttledTime: 0 },
  memory: { usage: 0, stats: {} },
  pids: { current: 0 },
  blkio: { readBytes: 0, writeBytes: 0, readOperations: 0, writeOperations: 0 },
};

/** Of one processor, 1 being all of it; between the sample and the one before. */
function cpuShare({ read, previous }: ContainerStats): number {
  const used = (read.usage?.cpu.total ?? 0) - (previous?.usage?.cpu.total ?? 0);
  const whole = read.systemCpu - (previous?.systemCpu ?? 0);
  return used > 0 && whole > 0 ? (used / whole) * (read.onlineCpus || 1) : 0;
}

/** Without the part of the page cache that can go at once, as Docker counts: the names are those of both versions of cgroups. */
function memoryInUse({ memory }: Usage): number {
  const cache = memory.stats["total_inactive_file"] ?? memory.stats["inactive_file"] ?? 0;
  return cache < memory.usage ? memory.usage - cache : memory.usage;
}

function memoryShare(usage: Usage): number {
  const { limit = 0 } = usage.memory;
  return limit > 0 ? memoryInUse(usage) / limit : 0;
}

function networkUse({ network }: ContainerStats["read"]): string {
  return `${humanSize(network?.receivedBytes ?? 0)} / ${humanSize(network?.sentBytes ?? 0)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
