import type { StartOnce } from "./runner.ts";

export interface Contestant {
  name: string;
  start: StartOnce;
}

/** Milliseconds. */
export interface Summary {
  name: string;
  samples: number;
  p50: number;
  p95: number;
  mean: number;
}

/**
 * Times all contestants in turn, round by round, so that what else the machine does meets each of them alike. A contestant that
 * fails is dropped with its reason.
 */
export async function interleave(
  contestants: readonly Contestant[],
  rounds: { warmUp: number; timed: number },
  failed: (name: string, error: unknown) => void,
): Promise<Summary[]> {
  const samples = new Map(contestants.map(({ name }) => [name, [] as number[]]));
  for (let round = -rounds.warmUp; round < rounds.timed; round += 1) {
    for (const { name, start } of contestants) {
      const own = samples.get(name);
      if (own === undefined) continue;
      try {
        const milliseconds = await start();
        if (round >= 0) own.push(milliseconds);
      } catch (error) {
        samples.delete(name);
        failed(name, error);
      }
    }
  }
  return [...samples].map(([name, values]) => summarize(name, values));
}

function summarize(name: string, values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { name, samples: sorted.length, p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95), mean };
}

/** Nearest rank. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** @param base the contestant that is 1.00 */
export function table(summaries: readonly Summary[], base: string): string {
  const reference = summaries.find(({ name }) => name === base)?.p50 ?? Number.NaN;
  const rows = summaries
    .toSorted((a, b) => a.p50 - b.p50)
    .map(({ name, samples, p50, p95 }) => [
      name,
      p50.toFixed(1),
      p95.toFixed(1),
      (p50 / reference).toFixed(2),
      String(samples),
    ]);
  const all = [["", "p50 ms", "p95 ms", `× ${base}`, "samples"], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return all.map((row) => row.map(pad).join("  ")).join("\n");
}
