import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { EngineError } from "@gantry/core";
import { errnoOf } from "@gantry/files";

/**
 * Who uses a volume: an empty file for each in `users` in its directory, so that beginning and ending a use is one step that needs
 * no waiting for the disk.
 */
export async function addUser(directory: string, user: string): Promise<void> {
  const path = join(directory, "users", fileName(user));
  await writeFile(path, "").catch(async (thrown: unknown) => {
    if (errnoOf(thrown) !== "ENOENT") throw thrown;
    await mkdir(join(directory, "users"), { mode: 0o700 });
    await writeFile(path, "");
  });
}

export async function removeUser(directory: string, user: string): Promise<void> {
  await rm(join(directory, "users", fileName(user)), { force: true });
}

export async function usersOf(directory: string): Promise<readonly string[]> {
  const names = await readdir(join(directory, "users")).catch((thrown: unknown) => {
    if (errnoOf(thrown) === "ENOENT") return [];
    throw thrown;
  });
  return names.map((name) => decodeURIComponent(name));
}

/** Percent-encoded, the full stop as well: `.` and `..` are no files. */
function fileName(user: string): string {
  const name = user.isWellFormed() && !/\p{Cc}/u.test(user) ? encodeURIComponent(user).replaceAll(".", "%2E") : "";
  if (name === "" || name.length > 255) {
    const shown = JSON.stringify(user.slice(0, 40));
    throw new EngineError("invalid-argument", `user ${shown} of a volume is malformed: give a container's id`);
  }
  return name;
}
