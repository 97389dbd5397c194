import { IsolationBackend } from "@gantry/core";

import { bindContract } from "./bind-contract.ts";
import type { Contract, ContractOptions } from "./contract.ts";
import { execChecks } from "./isolation-backend/exec-checks.ts";
import type { IsolationSetup } from "./isolation-backend/isolation-bench.ts";
import { lifeCycleChecks } from "./isolation-backend/life-cycle-checks.ts";
import { specChecks } from "./isolation-backend/spec-checks.ts";
import { streamChecks } from "./isolation-backend/stream-checks.ts";
import { survivalChecks } from "./isolation-backend/survival-checks.ts";
import { terminalChecks } from "./isolation-backend/terminal-checks.ts";

export type { IsolationSetup };

/** What the backend lacks, its `features` say. Wire a `ResourceLimiter` beside it, and containers get a group to be paused in. */
export const isolationBackendChecks: Contract<IsolationBackend, IsolationSetup> = {
  name: "IsolationBackend",
  token: IsolationBackend,
  checks: [...lifeCycleChecks, ...specChecks, ...streamChecks, ...terminalChecks, ...execChecks, ...survivalChecks],
};

/** Declares the IsolationBackend contract's tests. @param subject the backend's name, for the title */
export function isolationBackendContract(subject: string, options: ContractOptions & IsolationSetup): void {
  bindContract(isolationBackendChecks, subject, options);
}
