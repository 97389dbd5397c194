import { open } from "node:fs/promises";

/** Waits until the disk has a directory's entries: a rename in it then outlives a loss of power. */
export async function synchronizeDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
