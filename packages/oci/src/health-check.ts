import type { JsonReader } from "./json-reader.ts";

/** How to tell whether a container does its work. Times in nanoseconds; 0 or absent: the default, or what is inherited. */
export interface HealthCheck {
  /** `["NONE"]`, `["CMD", …]`, `["CMD-SHELL", command]`; `[]` inherits. */
  test: readonly string[];
  interval?: number;
  timeout?: number;
  startPeriod?: number;
  startInterval?: number;
  retries?: number;
}

const times = {
  Interval: "interval",
  Timeout: "timeout",
  StartPeriod: "startPeriod",
  StartInterval: "startInterval",
  Retries: "retries",
} as const;

/** Throws a `FormatError` that names the field. */
export function readHealthCheck(reader: JsonReader | undefined): HealthCheck | undefined {
  if (reader === undefined) return undefined;
  const check: HealthCheck = { test: reader.optionalStrings("Test") ?? [] };
  for (const [key, field] of Object.entries(times)) {
    const value = reader.optionalSize(key);
    if (value !== undefined) check[field] = value;
  }
  return check;
}

export function serializeHealthCheck(check: HealthCheck | undefined): object | undefined {
  if (check === undefined) return undefined;
  const fields = Object.entries(times).map(([key, field]) => [key, check[field]] as const);
  return { Test: check.test.length === 0 ? undefined : check.test, ...Object.fromEntries(fields) };
}
