import { rename } from "node:fs/promises";
import { dirname } from "node:path";

import { synchronizeDirectory } from "@gantry/files";

/** Gives a synchronised file its final name in a way that a loss of power cannot undo. */
export async function durableRename(from: string, to: string): Promise<void> {
  await rename(from, to);
  await synchronizeDirectory(dirname(to));
}
