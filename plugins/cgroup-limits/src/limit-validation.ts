import { EngineError } from "@gantry/core";
import type { DeviceRate, DeviceRule, ResourceLimits } from "@gantry/core";

import { parseCpuList } from "./cpu-list.ts";

type Field = keyof ResourceLimits;

/** Inclusive bounds; `none` allows -1, which stands for "no limit". */
interface Range {
  readonly low: number;
  readonly high: number;
  readonly none?: boolean;
}

const largest = Number.MAX_SAFE_INTEGER;
const ranges: Partial<Record<Field, Range>> = {
  memory: { low: 4096, high: largest, none: true },
  memorySwap: { low: 4096, high: largest, none: true },
  memoryReservation: { low: 4096, high: largest, none: true },
  memorySwappiness: { low: 0, high: 100 },
  cpuShares: { low: 2, high: 262_144 },
  cpuQuota: { low: 1000, high: 1_000_000_000, none: true },
  cpuPeriod: { low: 1000, high: 1_000_000 },
  pids: { low: 1, high: 4_194_304, none: true },
  blkioWeight: { low: 10, high: 1000 },
};

/**
 * Checks every field before anything is written, so that a refused call changes nothing.
 * @throws EngineError `invalid-argument` naming field and range, `unsupported` naming the field
 */
export function validateLimits(limits: ResourceLimits, offered: readonly Field[]): void {
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue;
    const field = name as Field;
    checkRange(field, value);
    if (!offered.includes(field) && !isNeutral(field, value)) {
      throw new EngineError("unsupported", `${field} cannot be limited here: the kernel offers no control for it`, {
        details: { field },
      });
    }
  }
  const { memory, memorySwap } = limits;
  if (memory !== undefined && memorySwap !== undefined && memorySwap !== -1 && (memory === -1 || memorySwap < memory)) {
    refuse("memorySwap", `${memorySwap}`, "must not be below memory, for it counts both");
  }
  for (const field of ["cpusetCpus", "cpusetMems"] as const) checkList(field, limits[field]);
  for (const field of ["blkioReadBps", "blkioWriteBps", "blkioReadIops", "blkioWriteIops"] as const) {
    for (const rate of limits[field] ?? []) checkRate(field, rate);
  }
  for (const rule of limits.devices ?? []) checkDevice(rule);
}

/** A value that asks for what is so anyway where there is no control. */
function isNeutral(field: Field, value: unknown): boolean {
  return field === "oomKillDisable" ? value === false : Array.isArray(value) && value.length === 0;
}

function checkRange(field: Field, value: unknown): void {
  const range = ranges[field];
  if (!range) return;
  const inRange = Number.isSafeInteger(value) && (value as number) >= range.low && (value as number) <= range.high;
  if (inRange || (range.none && value === -1)) return;
  refuse(
    field,
    String(value),
    `must be a whole number from ${range.low} to ${range.high}${range.none ? ", or -1 for none" : ""}`,
  );
}

function checkList(field: Field, list: string | undefined): void {
  if (list !== undefined && !parseCpuList(list)) refuse(field, list, "must be a list such as 0-2,4");
}

function checkRate(field: Field, { major, minor, rate }: DeviceRate): void {
  const valid = [major, minor, rate].every((part) => Number.isSafeInteger(part) && part >= 0);
  if (!valid) refuse(field, `${major}:${minor} ${rate}`, "must be whole numbers from 0");
}

function checkDevice({ type, major, minor, access }: DeviceRule): void {
  const text = `${type} ${major ?? "*"}:${minor ?? "*"} ${access}`;
  if (!["a", "b", "c"].includes(type)) refuse("devices", text, "type must be a, b or c");
  if (!/^[rwm]{1,3}$/.test(access)) refuse("devices", text, "access must be of the letters r, w and m");
  const valid = [major, minor].every((part) => part === undefined || (Number.isSafeInteger(part) && part >= 0));
  if (!valid) refuse("devices", text, "major and minor must be whole numbers from 0");
}

function refuse(field: Field, value: string, requirement: string): never {
  throw new EngineError("invalid-argument", `${field} ${JSON.stringify(value)}: ${requirement}`, {
    details: { field },
  });
}
