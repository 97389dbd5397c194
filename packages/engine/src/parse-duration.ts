const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Nanoseconds of a duration as Go writes it: `1h30m`, `1.5s`, `-10ms`, `0`. `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  const whole = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (!whole) return undefined;
  let total = 0;
  for (const [, number, unit] of whole[2]!.matchAll(/([\d.]+)([^\d.]+)/g)) total += Number(number) * units[unit!]!;
  return Math.round(whole[1] === "-" ? -total : total);
}
