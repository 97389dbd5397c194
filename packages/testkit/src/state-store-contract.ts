import { StateStore } from "@gantry/core";

import { bindContract } from "./bind-contract.ts";
import type { Contract, ContractOptions } from "./contract.ts";
import { crashCheck } from "./state-store/crash-check.ts";
import { recordChecks } from "./state-store/record-checks.ts";
import { transactionChecks } from "./state-store/transaction-checks.ts";

export const stateStoreChecks: Contract<StateStore> = {
  name: "StateStore",
  token: StateStore,
  checks: [...recordChecks, ...transactionChecks, crashCheck],
};

/** Declares the StateStore contract's tests. @param subject the implementation's name, for the title */
export function stateStoreContract(subject: string, options: ContractOptions): void {
  bindContract(stateStoreChecks, subject, options);
}
