import { ResourceLimiter } from "@gantry/core";

import { bindContract } from "./bind-contract.ts";
import type { Contract, ContractOptions } from "./contract.ts";
import { groupChecks } from "./resource-limiter/group-checks.ts";
import { limitChecks } from "./resource-limiter/limit-checks.ts";

/**
 * Feature that a limiter may lack: `enforcement` (it keeps books, but nothing is really held to its limits). Runs `sh`, `sleep`
 * and `tail` of the host.
 */
export const resourceLimiterChecks: Contract<ResourceLimiter> = {
  name: "ResourceLimiter",
  token: ResourceLimiter,
  checks: [...groupChecks, ...limitChecks],
};

/** Declares the ResourceLimiter contract's tests. @param subject the limiter's name, for the title */
export function resourceLimiterContract(subject: string, options: ContractOptions): void {
  bindContract(resourceLimiterChecks, subject, options);
}
