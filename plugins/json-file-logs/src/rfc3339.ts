const second = 1_000_000_000n;
let cached = { seconds: -1n, text: "" };

/** Go's RFC3339Nano, in UTC: trailing zeros of the fraction are left out. @param time nanoseconds since the epoch */
export function formatTime(time: bigint): string {
  const nanoseconds = ((time % second) + second) % second;
  const seconds = (time - nanoseconds) / second;
  if (cached.seconds !== seconds) {
    cached = { seconds, text: new Date(Number(seconds) * 1000).toISOString().slice(0, 19) };
  }
  const fraction = nanoseconds.toString().padStart(9, "0").replace(/0+$/, "");
  return fraction === "" ? `${cached.text}Z` : `${cached.text}.${fraction}Z`;
}

/** Nanoseconds since the epoch, or `undefined` for anything that is not such a time. */
export function parseTime(text: string): bigint | undefined {
  const [, date, fraction = "", zone] = /^(.{19})(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const milliseconds = Date.parse(`${date}${zone}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}
