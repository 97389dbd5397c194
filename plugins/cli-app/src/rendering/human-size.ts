const decimalUnits = ["B", "kB", "MB", "GB", "TB", "PB"];
const binaryUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Bytes in decimal units with three significant digits: `4.26MB`. */
export function humanSize(bytes: number): string {
  // 999.5 would round up to four digits, so it belongs to the next unit.
  return scaled(bytes, { base: 1000, next: 999.5, digits: 3, units: decimalUnits });
}

/** The same with four digits, as Docker sums up: `188.1MB`. */
export function preciseSize(bytes: number): string {
  return scaled(bytes, { base: 1000, next: 999.95, digits: 4, units: decimalUnits });
}

/** Bytes in binary units with four significant digits: `1.957GiB`. */
export function binarySize(bytes: number): string {
  return scaled(bytes, { base: 1024, next: 1023.5, digits: 4, units: binaryUnits });
}

function scaled(
  bytes: number,
  { base, next, digits, units }: { base: number; next: number; digits: number; units: readonly string[] },
): string {
  let value = bytes;
  let unit = 0;
  while (value >= next && unit < units.length - 1) {
    value /= base;
    unit += 1;
  }
  return `${Number(value.toPrecision(digits))}${units[unit]}`;
}
