import { LogDriver } from "@gantry/core";

import { bindContract } from "./bind-contract.ts";
import type { Contract, ContractOptions } from "./contract.ts";
import { crashCheck } from "./log-driver/crash-check.ts";
import { readerChecks } from "./log-driver/reader-checks.ts";
import { sinkChecks } from "./log-driver/sink-checks.ts";

/**
 * Feature that a driver may lack: `any bytes` (a format that holds text only). A driver without `reader` is checked for what
 * can be seen without one.
 */
export const logDriverChecks: Contract<LogDriver> = {
  name: "LogDriver",
  token: LogDriver,
  checks: [...sinkChecks, ...readerChecks, crashCheck],
};

/** Declares the LogDriver contract's tests. @param subject the driver's name, for the title */
export function logDriverContract(subject: string, options: ContractOptions): void {
  bindContract(logDriverChecks, subject, options);
}
