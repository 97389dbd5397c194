import { StorageDriver } from "@gantry/core";

import { bindContract } from "./bind-contract.ts";
import type { Contract, ContractOptions } from "./contract.ts";
import { crashCheck } from "./storage-driver/crash-check.ts";
import { contentChecks } from "./storage-driver/content-checks.ts";
import { durabilityChecks } from "./storage-driver/durability-checks.ts";
import { errorChecks } from "./storage-driver/error-checks.ts";
import { lifeCycleChecks } from "./storage-driver/life-cycle-checks.ts";

/** Feature that a driver may lack: `hard links`. Drivers whose mounts are not one plain bind need root. */
export const storageDriverChecks: Contract<StorageDriver> = {
  name: "StorageDriver",
  token: StorageDriver,
  checks: [...lifeCycleChecks, ...contentChecks, ...errorChecks, ...durabilityChecks, crashCheck],
};

/** Declares the StorageDriver contract's tests. @param subject the driver's name, for the title */
export function storageDriverContract(subject: string, options: ContractOptions): void {
  bindContract(storageDriverChecks, subject, options);
}
