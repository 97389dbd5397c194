import { writeSync } from "node:fs";

import type { Kernel } from "@gantry/core";

import type { ContractOptions } from "../contract.ts";
import { writeContents } from "../image-store/crash-check.ts";
import { writeLines } from "../log-driver/crash-check.ts";
import { startKernel } from "../start-kernel.ts";
import { writeRecords } from "../state-store/crash-check.ts";
import { writeSnapshots } from "../storage-driver/crash-check.ts";

export interface PluginsModule {
  readonly default: ContractOptions["plugins"];
}

/** Writes in rounds from 1 on, and tells each round that the implementation has answered. Never ends by itself. */
export type EndlessWork = (kernel: Kernel, tell: (round: number) => void, directory: string) => Promise<never>;

const works: Readonly<Record<string, EndlessWork>> = {
  ImageStore: writeContents,
  LogDriver: writeLines,
  StateStore: writeRecords,
  StorageDriver: writeSnapshots,
};

export async function writeUntilKilled(module: PluginsModule, contract: string, directory: string): Promise<never> {
  const kernel = await startKernel(directory, { plugins: module.default });
  // Synchronously: what was told must have left this process before it goes on.
  return works[contract]!(kernel, (round) => void writeSync(1, `${round}\n`), directory);
}
