import type { ProgressEvent } from "@gantry/core";

const barWidth = 50;

/** An event of a long work, as the streams of pull, load and push tell it. */
export function showProgress({ id, status, current, total }: ProgressEvent): object {
  const detail = current === undefined ? {} : { current, ...(total === undefined ? {} : { total }) };
  return {
    status,
    progressDetail: detail,
    ...(current === undefined ? {} : { progress: progressBar(current, total ?? 0) }),
    ...(id === undefined ? {} : { id }),
  };
}

/** `[=====>     ]  1.2MB/3MB`; without a total the amount alone. */
function progressBar(current: number, total: number): string {
  const amount = humanSize(current).padStart(8);
  if (total <= 0) return amount;
  const done = Math.min(Math.floor((current / total) * barWidth), barWidth);
  const bar = `[${"=".repeat(done)}>${" ".repeat(barWidth - done)}]`;
  return current > total ? `${bar} ${amount}` : `${bar} ${amount}/${humanSize(total)}`;
}

/** Four digits and a decimal unit: `1.234MB`. */
function humanSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${Number((bytes / 1000 ** power).toPrecision(4))}${units[power]}`;
}
