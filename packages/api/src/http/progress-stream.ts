import type { TransportResponse } from "@gantry/core";

import { jsonLine, progressFailure } from "./streams.ts";

/**
 * Runs a work that reports what it does and tells the reports as JSON lines. What fails before the first report fails the
 * request; later it is told in the stream. Reports that a slow client has not read wait in memory: they are few and small.
 */
export async function progressStream(
  work: (report: (line: object) => void) => Promise<void>,
): Promise<TransportResponse> {
  const waiting: object[] = [];
  let wake = Promise.withResolvers<void>();
  let over = false;
  let failure: unknown;
  const report = (line: object): void => {
    waiting.push(line);
    wake.resolve();
  };
  void work(report)
    .catch((thrown: unknown) => (failure = thrown ?? new Error("it failed")))
    .finally(() => {
      over = true;
      wake.resolve();
    });
  await wake.promise;
  if (failure !== undefined && waiting.length === 0) throw failure;

  async function* lines(): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (const line of waiting.splice(0)) yield jsonLine(line);
      if (waiting.length > 0) continue;
      if (over) break;
      wake = Promise.withResolvers<void>();
      await wake.promise;
    }
    if (failure !== undefined) yield jsonLine(progressFailure(failure));
  }
  return { status: 200, headers: { "Content-Type": "application/json" }, body: lines() };
}
