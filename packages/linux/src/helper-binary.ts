import { accessSync, constants } from "node:fs";
import { fileURLToPath } from "node:url";

import { EngineError } from "@gantry/core";

/**
 * The helper program's path: what `GANTRY_HELPER` names, else what the build put into this package's `dist`.
 * @throws EngineError `unavailable` when it is not there
 */
export function helperBinary(): string {
  const named = process.env["GANTRY_HELPER"];
  const path = named || fileURLToPath(new URL(`../dist/gantry-helper-linux-${process.arch}`, import.meta.url));
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch (cause) {
    const remedy = named ? "correct GANTRY_HELPER" : "run `pnpm build`, or name one in GANTRY_HELPER";
    throw new EngineError("unavailable", `the helper program ${path} is missing; ${remedy}`, { cause });
  }
}
