import { accessSync, constants } from "node:fs";
import { fileURLToPath } from "node:url";

import { EngineError } from "@gantry/core";

/**
 * The path of the helper program for this machine: what the environment variable GANTRY_HELPER names, else the one that
 * this package carries. Throws `unavailable` when it is not there.
 */
export function helperBinary(): string {
  const carried = new URL(`../dist/gantry-helper-linux-${process.arch}`, import.meta.url);
  const path = process.env["GANTRY_HELPER"] || fileURLToPath(carried);
  try {
    accessSync(path, constants.X_OK);
  } catch (cause) {
    throw new EngineError("unavailable", `the helper program ${path} is missing: build it or set GANTRY_HELPER`, {
      cause,
    });
  }
  return path;
}
