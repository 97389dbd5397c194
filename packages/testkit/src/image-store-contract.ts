import { ImageStore } from "@gantry/core";

import { bindContract } from "./bind-contract.ts";
import type { Contract, ContractOptions } from "./contract.ts";
import { crashCheck } from "./image-store/crash-check.ts";
import { contentChecks } from "./image-store/content-checks.ts";
import { writerChecks } from "./image-store/writer-checks.ts";

export const imageStoreChecks: Contract<ImageStore> = {
  name: "ImageStore",
  token: ImageStore,
  checks: [...contentChecks, ...writerChecks, crashCheck],
};

/** Declares the ImageStore contract's tests. @param subject the implementation's name, for the title */
export function imageStoreContract(subject: string, options: ContractOptions): void {
  bindContract(imageStoreChecks, subject, options);
}
