import { UsageError } from "./usage-error.ts";

const unitNanos: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** Nanoseconds of a Go duration (`1h30m`, `2.5s`), or `undefined` when it is none. */
export function parseDuration(text: string): bigint | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join("") !== text) return undefined;
  return parts.reduce((sum, [, number, unit]) => sum + BigInt(Math.round(Number(number) * unitNanos[unit!]!)), 0n);
}

/**
 * A point in time as `logs --since` takes it, in nanoseconds since the epoch: RFC 3339 (a missing zone means UTC), a date,
 * seconds since the epoch with up to nine decimals, or a duration before now.
 * @param nowMillis milliseconds since the epoch
 */
export function parseTimestamp(text: string, nowMillis: number): bigint {
  const duration = parseDuration(text);
  if (duration !== undefined) return BigInt(nowMillis) * 1_000_000n - duration;
  const seconds = /^(\d+)(?:\.(\d{1,9}))?$/.exec(text);
  if (seconds !== null) return BigInt(seconds[1]!) * 1_000_000_000n + fraction(seconds[2]);
  const date = /^(\d{4}-\d\d-\d\d)(?:T(\d\d(?::\d\d(?::\d\d(?:\.(\d{1,9}))?)?)?))?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  const millis = date === null ? NaN : Date.parse(`${date[1]}T${fullTime(date[2])}${date[4] ?? "Z"}`);
  if (Number.isNaN(millis)) throw new UsageError(`invalid value "${text}": it is neither a time nor a duration`, 1);
  return BigInt(millis) * 1_000_000n + fraction(date?.[3]);
}

function fullTime(time = "00"): string {
  const [hours, minutes = "00", seconds = "00"] = time.replace(/\.\d+$/, "").split(":");
  return `${hours}:${minutes}:${seconds}`;
}

function fraction(digits = ""): bigint {
  return BigInt(digits.padEnd(9, "0"));
}
