const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Bytes in decimal units with three significant digits: `4.26MB`. */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would round up to four digits, so it belongs to the next unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toPrecision(3))}${units[unit]}`;
}
