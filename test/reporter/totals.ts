import type { Reporter, SerializedError, TestModule, TestSuite } from "vitest/node";

/** What a whole run came to, all projects together. */
export interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * Counts each test once. A file that cannot be loaded, a suite whose hook fails and an error outside of any test count as
 * one failure each: without this a run in which a file does not even parse would look green.
 */
export function countTotals(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): Totals {
  const totals: Totals = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
  for (const module of modules) {
    if (module.errors().length > 0) totals.failed += 1;
    for (const suite of module.children.allSuites()) totals.failed += brokenSuite(suite);
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      totals[state === "pending" ? "failed" : state] += 1;
    }
  }
  return totals;
}

function brokenSuite(suite: TestSuite): number {
  return suite.errors().length > 0 ? 1 : 0;
}

/** Prints `N passed, N failed, N skipped` as the very last line of the run. */
export default class TotalsReporter implements Reporter {
  #totals: Totals = { passed: 0, failed: 0, skipped: 0 };

  onInit(): void {
    // Other reporters still write after the run's end; at exit nobody does.
    process.once("exit", (status) => {
      const { passed, failed, skipped } = this.#totals;
      // A run that ends badly without a failed test (no test found, a global set-up that threw) has failed once.
      const failures = failed === 0 && status !== 0 ? 1 : failed;
      process.stdout.write(`${passed} passed, ${failures} failed, ${skipped} skipped\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    this.#totals = countTotals(modules, unhandledErrors);
  }
}
