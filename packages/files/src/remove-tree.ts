import { rmSync } from "node:fs";
import { rm } from "node:fs/promises";

import { errnoOf } from "./file-errors.ts";

/** Removes a directory with all it holds; a missing one is no error. */
export async function removeTree(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true });
  } catch (thrown) {
    if (errnoOf(thrown) !== "ENAMETOOLONG") throw thrown;
    // The asynchronous form builds whole paths and cannot reach below 4096 bytes; this one goes by descriptors.
    rmSync(directory, { recursive: true, force: true });
  }
}
