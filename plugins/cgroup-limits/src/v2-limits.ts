import { existsSync } from "node:fs";
import { join } from "node:path";

import type { ResourceLimits } from "@gantry/core";

import { readControl, readNumber, writeLimit } from "./control-file.ts";

type Field = keyof ResourceLimits;

/**
 * The controller and the file behind each field; of several files the first that exists. Not among them: memory.swappiness and
 * switching the OOM killer off, which v2 gave up, and devices, which v2 controls by a BPF program that only bpf(2) can load.
 */
const controls: Partial<Record<Field, readonly [controller: string, ...files: string[]]>> = {
  memory: ["memory", "memory.max"],
  memorySwap: ["memory", "memory.swap.max"],
  memoryReservation: ["memory", "memory.low"],
  cpuShares: ["cpu", "cpu.weight"],
  cpuQuota: ["cpu", "cpu.max"],
  cpuPeriod: ["cpu", "cpu.max"],
  cpusetCpus: ["cpuset", "cpuset.cpus"],
  cpusetMems: ["cpuset", "cpuset.mems"],
  pids: ["pids", "pids.max"],
  blkioWeight: ["io", "io.weight", "io.bfq.weight"],
  blkioReadBps: ["io", "io.max"],
  blkioWriteBps: ["io", "io.max"],
  blkioReadIops: ["io", "io.max"],
  blkioWriteIops: ["io", "io.max"],
};

/**
 * The fields that can be limited in the groups beneath a directory.
 * @param handedDown the controllers that it hands down to them
 */
export function v2FieldsOffered(directory: string, handedDown: readonly string[]): Field[] {
  return Object.entries(controls)
    .filter(([, [controller, ...files]]) => {
      return handedDown.includes(controller) && files.some((file) => existsSync(join(directory, file)));
    })
    .map(([field]) => field as Field);
}

/** Writes validated limits. */
export function writeV2Limits(directory: string, limits: ResourceLimits): void {
  const set = (name: string, field: Field, value: string | number | undefined): void => {
    if (value !== undefined) writeLimit(join(directory, name), String(value), field);
  };
  set("cpuset.cpus", "cpusetCpus", limits.cpusetCpus);
  set("cpuset.mems", "cpusetMems", limits.cpusetMems);
  writeMemory(directory, limits, set);
  if (limits.cpuShares !== undefined) set("cpu.weight", "cpuShares", cpuWeight(limits.cpuShares));
  writeCpuMaximum(directory, limits, set);
  set("pids.max", "pids", orMax(limits.pids));
  writeIo(directory, limits, set);
}

type Set = (name: string, field: Field, value: string | number | undefined) => void;

/** v2 limits swap by itself, where `memorySwap` counts memory and swap. */
function writeMemory(directory: string, limits: ResourceLimits, set: Set): void {
  const { memory, memorySwap } = limits;
  const memoryLimit = memory ?? readNumber(join(directory, "memory.max")) ?? -1;
  if (memorySwap === -1) set("memory.swap.max", "memorySwap", "max");
  else if (memorySwap !== undefined) {
    set("memory.swap.max", "memorySwap", memoryLimit === -1 ? memorySwap : Math.max(0, memorySwap - memoryLimit));
  }
  set("memory.max", "memory", orMax(memory));
  const reservation = limits.memoryReservation;
  set("memory.low", "memoryReservation", reservation === -1 ? 0 : reservation);
}

function writeCpuMaximum(directory: string, { cpuQuota, cpuPeriod }: ResourceLimits, set: Set): void {
  if (cpuQuota === undefined && cpuPeriod === undefined) return;
  const [quota, period] = (readControl(join(directory, "cpu.max")) ?? "max 100000").split(" ");
  const value = `${orMax(cpuQuota) ?? quota} ${cpuPeriod ?? period}`;
  set("cpu.max", cpuQuota === undefined ? "cpuPeriod" : "cpuQuota", value);
}

function writeIo(directory: string, limits: ResourceLimits, set: Set): void {
  if (limits.blkioWeight !== undefined) {
    const bfq = existsSync(join(directory, "io.bfq.weight"));
    if (bfq) set("io.bfq.weight", "blkioWeight", limits.blkioWeight);
    else set("io.weight", "blkioWeight", ioWeight(limits.blkioWeight));
  }
  const keys = {
    blkioReadBps: "rbps",
    blkioWriteBps: "wbps",
    blkioReadIops: "riops",
    blkioWriteIops: "wiops",
  } as const;
  for (const field of Object.keys(keys) as (keyof typeof keys)[]) {
    for (const { major, minor, rate } of limits[field] ?? []) {
      set("io.max", field, `${major}:${minor} ${keys[field]}=${rate === 0 ? "max" : rate}`);
    }
  }
}

function orMax(value: number | undefined): string | number | undefined {
  return value === -1 ? "max" : value;
}

/**
 * Shares (2 … 262144, 1024 by default) to weight (1 … 10000, 100 by default). A parabola on a logarithmic scale through the two
 * ends and the defaults: proportional conversion would give a container without shares a weight of 39.
 */
export function cpuWeight(shares: number): number {
  if (shares >= 262_144) return 10_000;
  const log = Math.log2(shares);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}

/** blkio weight (10 … 1000) to io.weight (1 … 10000), proportionally. */
export function ioWeight(weight: number): number {
  return 1 + Math.floor(((weight - 10) * 9999) / 990);
}
