/* oxlint-disable vitest/valid-title, vitest/expect-expect -- titles and assertions are the contract's */
import { describe, test } from "vitest";

import { type Contract, type ContractOptions, unmetNeed } from "./contract.ts";
import { defaultTimeout, runCheck, skipReason } from "./run-contract.ts";

/** Declares a contract's checks as tests of the vitest file in which it is called. */
export function bindContract<Subject, Extra extends object>(
  contract: Contract<Subject, Extra>,
  subject: string,
  options: ContractOptions & Extra,
): void {
  const known = new Set(contract.checks.map(({ feature }) => feature));
  const unknown = options.lacks?.find((feature) => !known.has(feature));
  if (unknown !== undefined) throw new Error(`the contract of ${contract.name} has no feature ${unknown} to lack`);
  // Beyond the check's own, so that a check that hangs is still cleaned up after.
  const timeout = (options.timeout ?? defaultTimeout) + 10_000;
  const unmet = unmetNeed(options.needs);
  const title = `${contract.name} contract: ${subject}`;
  describe.skipIf(unmet !== undefined)(unmet === undefined ? title : `${title} (skipped: ${unmet})`, () => {
    for (const check of contract.checks) {
      const reason = skipReason(check, options);
      const name = reason === undefined ? check.rule : `${check.rule} (skipped: ${reason})`;
      test.skipIf(reason !== undefined)(name, { timeout }, async (context) => {
        const result = await runCheck(contract, check, options);
        if (result.outcome === "skipped") context.skip(result.reason);
        if (result.outcome === "failed") throw result.error;
      });
    }
  });
}
