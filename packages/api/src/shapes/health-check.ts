import type { HealthCheck, HealthState } from "@gantry/engine";

import type { JsonFields } from "../http/json-fields.ts";
import { defined } from "./defined.ts";

/** Times are nanoseconds on both sides; 0 is the image's or the default. */
export function readHealthCheck(fields: JsonFields | undefined): HealthCheck | undefined {
  if (fields === undefined) return undefined;
  const number = (name: string): number | undefined => fields.integer(name) || undefined;
  return {
    test: fields.strings("Test") ?? [],
    ...defined({
      interval: number("Interval"),
      timeout: number("Timeout"),
      startPeriod: number("StartPeriod"),
      startInterval: number("StartInterval"),
      retries: number("Retries"),
    }),
  };
}

/** @param version `StartInterval` came with 1.44 */
export function showHealthCheck(check: HealthCheck, version: number): object {
  const { test, interval, timeout, startPeriod, startInterval, retries } = check;
  return defined({
    Test: test,
    Interval: interval,
    Timeout: timeout,
    StartPeriod: startPeriod,
    StartInterval: version >= 44 ? startInterval : undefined,
    Retries: retries,
  });
}

export function showHealth({ status, failingStreak, log }: HealthState): object {
  return {
    Status: status,
    FailingStreak: failingStreak,
    Log: log.map(({ start, end, exitCode, output }) => ({
      Start: start,
      End: end,
      ExitCode: exitCode,
      Output: output,
    })),
  };
}
