import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";

import { EngineError } from "@gantry/core";
import type { ErrorCode } from "@gantry/core";

/*
 * Control files are read and written with synchronous calls: cgroupfs answers from memory in microseconds, a turn through
 * the thread pool costs more than the work.
 */

export function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
}

const codes: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ["unsupported", "this kernel does not offer it"],
  EINVAL: ["invalid-argument", "the kernel refuses the value"],
  ERANGE: ["invalid-argument", "the value is out of the kernel's range"],
  ENODEV: ["invalid-argument", "there is no such block device"],
  EBUSY: ["conflict", "the group uses more than that already"],
  ENOSPC: ["invalid-argument", "no CPU or memory node is left"],
  EACCES: ["forbidden", "the engine may not change it"],
  EPERM: ["forbidden", "the engine may not change it"],
  EROFS: ["forbidden", "the hierarchy is mounted read-only"],
};

/**
 * Writes a limit.
 * @param field the field of `ResourceLimits` that it comes from; named by the error
 */
export function writeLimit(path: string, value: string | readonly string[], field: string): void {
  try {
    writeControl(path, value);
  } catch (error) {
    const [code, reason] = codes[errnoOf(error) ?? ""] ?? ["internal", String(error)];
    throw new EngineError(code, `cannot set ${field} to ${JSON.stringify(value)}: ${reason}`, {
      cause: error,
      details: { field },
    });
  }
}

/** One write(2) per value: a control file takes a value whole or not at all. Throws Node's system errors. */
export function writeControl(path: string, value: string | readonly string[]): void {
  // Without O_CREAT: asked to make a file that it lacks, cgroupfs says EACCES and not ENOENT.
  const fd = openSync(path, constants.O_WRONLY);
  try {
    for (const one of typeof value === "string" ? [value] : value) writeSync(fd, one);
  } finally {
    closeSync(fd);
  }
}

/** The content without its last newline; `undefined` when there is no such file (a controller that is not enabled). */
export function readControl(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1").trimEnd();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENODEV" || errno === "EOPNOTSUPP") return undefined;
    throw error;
  }
}

/** A file of one number; `undefined` for a missing file and for `max`. */
export function readNumber(path: string): number | undefined {
  const text = readControl(path);
  return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text);
}

/** A file of `key number` lines. */
export function readKeyed(path: string): Record<string, number> {
  const values: Record<string, number> = {};
  for (const line of (readControl(path) ?? "").split("\n")) {
    const space = line.indexOf(" ");
    if (space > 0) values[line.slice(0, space)] = Number(line.slice(space + 1));
  }
  return values;
}
