import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { ExitStatus } from "@gantry/core";

/** The exit record that a monitor left in a directory; `undefined` when there is none, or none that is whole. */
export async function readExitRecord(directory: string): Promise<ExitStatus | undefined> {
  const value = await readRecord(join(directory, "exit"));
  const { code, signal, exitedAt } = value ?? {};
  if (typeof code !== "number" || typeof signal !== "number" || typeof exitedAt !== "string") return undefined;
  return exitStatus(code, signal, BigInt(exitedAt));
}

export function exitStatus(code: number, signal: number, exitedAt: bigint): ExitStatus {
  return signal === 0 ? { code, exitedAt } : { code, signal, exitedAt };
}

/** The process that a monitor executed. Pid and start time together name it for good, until the next boot. */
export interface LaunchRecord {
  pid: number;
  /** In clock ticks after boot: field 22 of /proc/PID/stat. */
  startTime: string;
  monitorPid: number;
}

/** What a monitor wrote when its program was executed; `undefined` when it never was. */
export async function readLaunchRecord(directory: string): Promise<LaunchRecord | undefined> {
  const value = await readRecord(join(directory, "launch"));
  const { pid, startTime, monitor } = value ?? {};
  if (typeof pid !== "number" || typeof startTime !== "string" || typeof monitor !== "number") return undefined;
  return { pid, startTime, monitorPid: monitor };
}

/** Whether the very process that the record names is still there. */
export async function isAlive(record: LaunchRecord): Promise<boolean> {
  const stat = await readFile(`/proc/${record.pid}/stat`, "utf8").catch(() => "");
  // The name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[19] === record.startTime && fields[0] !== "Z";
}

async function readRecord(path: string): Promise<Record<string, unknown> | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
