import { Bench } from "./bench.ts";
import { type Check, type Contract, type ContractOptions, SkipError, unmetNeed } from "./contract.ts";

export interface CheckResult {
  readonly rule: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Why it was skipped. */
  readonly reason?: string;
  /** What a failed check threw. */
  readonly error?: unknown;
}

/** Runs a contract without any test runner, one check after another. */
export async function runContract<Subject, Extra extends object>(
  contract: Contract<Subject, Extra>,
  options: ContractOptions & Extra,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of contract.checks) results.push(await runCheck(contract, check, options));
  return results;
}

/** Runs one check on a bench of its own. Never throws. */
export async function runCheck<Subject, Extra extends object>(
  contract: Contract<Subject, Extra>,
  check: Check<Subject, Extra>,
  options: ContractOptions & Extra,
): Promise<CheckResult> {
  const { rule } = check;
  const reason = skipReason(check, options);
  if (reason !== undefined) return { rule, outcome: "skipped", reason };
  try {
    const bench = await Bench.open(contract.token, options);
    try {
      await inTime(check.run(bench), options.timeout ?? defaultTimeout);
    } catch (thrown) {
      // The check's own failure tells more than what its cleaning up then stumbles over.
      await bench.close().catch(() => {});
      throw thrown;
    }
    await bench.close();
    return { rule, outcome: "passed" };
  } catch (error) {
    if (error instanceof SkipError) return { rule, outcome: "skipped", reason: error.message };
    return { rule, outcome: "failed", error };
  }
}

/** In milliseconds. */
export const defaultTimeout = 20_000;

/** A check that hangs is a failure, after which its bench is still cleaned up. */
async function inTime(work: Promise<void>, timeout: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`the check was not done within ${timeout} ms`)), timeout);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Why a check is not to be run at all, where that is known beforehand. */
export function skipReason<Subject, Extra extends object>(
  check: Check<Subject, Extra>,
  options: ContractOptions,
): string | undefined {
  if (check.feature !== undefined && options.lacks?.includes(check.feature)) return `lacks ${check.feature}`;
  return unmetNeed([...(options.needs ?? []), ...(check.needs ?? [])]);
}
