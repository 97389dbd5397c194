import { access, constants } from "node:fs/promises";
import { join } from "node:path";

/** Where root's programs are, also where the caller's PATH leaves them out. */
const systemDirectories = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

export async function findProgram(name: string): Promise<string | undefined> {
  const directories = (process.env["PATH"] ?? "").split(":").filter((directory) => directory.startsWith("/"));
  for (const directory of [...directories, ...systemDirectories]) {
    const path = join(directory, name);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return undefined;
}
