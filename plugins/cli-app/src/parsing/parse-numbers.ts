import { InvalidValue } from "./usage-error.ts";

/** A whole number, as Go's strconv reads one. */
export function parseInteger(text: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw new InvalidValue(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new InvalidValue(`strconv.ParseInt: parsing "${text}": value out of range`);
  return value;
}

const exponents = { "": 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 } as const;

/** Bytes, with a binary unit: `512`, `32m`, `1.5g`, `64KiB`. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(?: ?(?=[a-z])([kmgtp])?(?:i?b)?)?$/i.exec(text);
  if (match === null) throw new InvalidValue(`invalid size: '${text}'`);
  const exponent = exponents[(match[2] ?? "").toLowerCase() as keyof typeof exponents];
  const bytes = Math.trunc(Number(match[1]) * 1024 ** exponent);
  if (!Number.isSafeInteger(bytes)) throw new InvalidValue(`invalid size: '${text}'`);
  return bytes;
}

/** Bytes, or -1 for no limit. */
export function parseSizeOrUnlimited(text: string): number {
  return text === "-1" ? -1 : parseSize(text);
}

/** A number of CPUs, as billionths: `0.5`, `2`, `.25`. */
export function parseCpus(text: string): number {
  if (!/^(\d+\.?\d*|\.\d+)$/.test(text)) throw new InvalidValue(`failed to parse ${text} as a rational number`);
  const nanos = Number(text) * 1e9;
  if ((text.split(".")[1]?.length ?? 0) > 9) throw new InvalidValue("value is too precise");
  return Math.round(nanos);
}
