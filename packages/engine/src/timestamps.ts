/** RFC 3339 in UTC with nanoseconds, as all times of a record. */
export function timestamp(nanoseconds: bigint): string {
  const milliseconds = nanoseconds / 1_000_000n;
  const fraction = nanoseconds % 1_000_000_000n;
  const seconds = new Date(Number(milliseconds)).toISOString().slice(0, 19);
  return `${seconds}.${fraction.toString().padStart(9, "0")}Z`;
}

/** Nanoseconds since the epoch. Finer than a millisecond only in that it never repeats within one process. */
export function now(): bigint {
  const current = BigInt(Date.now()) * 1_000_000n;
  last = current > last ? current : last + 1n;
  return last;
}

let last = 0n;
