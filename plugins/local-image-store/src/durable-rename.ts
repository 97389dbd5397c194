import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Gives a synchronised file its final name in a way that a loss of power cannot undo. */
export async function durableRename(from: string, to: string): Promise<void> {
  await rename(from, to);
  const directory = await open(dirname(to), "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
