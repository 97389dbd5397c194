/** Go's time that means none. */
const noTime = "0001-01-01T00:00:00Z";

/** Nanoseconds since the epoch of an RFC 3339 time, or `undefined` when the text is none. */
export function parseNanoseconds(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const millis = match === null ? NaN : Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(millis)) return undefined;
  return BigInt(millis) * 1_000_000n + BigInt((match?.[2] ?? "").padEnd(9, "0"));
}

/** A time of an inspection, or `undefined` for none. */
export function knownTime(text: string | undefined): string | undefined {
  return text === undefined || text === "" || text === noTime ? undefined : text;
}

/** RFC 3339 of seconds since the epoch, or of a text that is so already. */
export function timeOf(value: number | string | undefined): string {
  return typeof value === "number" ? new Date(value * 1000).toISOString() : (value ?? "");
}
