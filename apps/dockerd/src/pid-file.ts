import { readFile, rename, rm, writeFile } from "node:fs/promises";

import { EngineError } from "@gantry/core";

/**
 * Writes this process's id to a file.
 * @returns removes it
 * Errors: `conflict` when the process that it names is alive; `unavailable` when it cannot be written.
 */
export async function writePidFile(path: string): Promise<() => Promise<void>> {
  const holder = Number(await readFile(path, "utf8").catch(() => ""));
  if (holder > 0 && holder !== process.pid && isAlive(holder)) {
    throw new EngineError("conflict", `${path} names process ${holder}, which runs: stop it or name another pidfile`);
  }
  const temporary = `${path}.${process.pid}`;
  try {
    await writeFile(temporary, String(process.pid));
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new EngineError("unavailable", `cannot write the pidfile ${path}: make its directory`, { cause });
  }
  return () => rm(path, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
