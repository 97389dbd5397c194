/** An RFC 3339 time as Go prints one, in UTC: `2013-02-26 17:28:00 +0000 UTC`. */
export function goTime(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "";
  return `${date.toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;
}

/** Nanoseconds since the epoch as RFC 3339 with nine decimals. */
export function rfc3339Nanos(nanoseconds: bigint): string {
  const seconds = nanoseconds / 1_000_000_000n;
  const rest = nanoseconds % 1_000_000_000n;
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${String(rest).padStart(9, "0")}Z`;
}
