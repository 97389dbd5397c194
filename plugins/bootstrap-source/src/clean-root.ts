import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type AptSource, publicSources } from "./apt-sources.ts";

/** Emptied: what the engine mounts over, and what the tools leave behind. */
const emptied = ["dev", "proc", "sys", "run", "tmp", "var/cache/apt", "var/lib/apt/lists", "var/log"];
/** The host's, or settings for the bootstrap alone. */
const removed = ["etc/hostname", "etc/resolv.conf", "etc/machine-id", "etc/apt/apt.conf.d/99mmdebstrap"];
const keyringDirectory = "usr/share/keyrings";

/** Takes out of a fresh root what does not belong in an image, and gives it the sources without anybody's password. */
export async function cleanRoot(root: string, sources: readonly AptSource[]): Promise<void> {
  for (const directory of emptied) await emptyDirectory(join(root, directory));
  for (const file of removed) await rm(join(root, file), { force: true });
  await emptyDirectory(join(root, "etc/apt/sources.list.d"));
  await writeFile(join(root, "etc/apt/sources.list"), publicSources(sources, await archiveKeyring(root)), {
    mode: 0o644,
  });
}

/** The keyring by which the image's own apt can verify its sources. */
async function archiveKeyring(root: string): Promise<string | undefined> {
  const names = await readdir(join(root, keyringDirectory)).catch(() => []);
  const name = names.find((candidate) => /^[a-z]+-archive-keyring\.gpg$/.test(candidate));
  return name === undefined ? undefined : `/${keyringDirectory}/${name}`;
}

async function emptyDirectory(path: string): Promise<void> {
  for (const name of await readdir(path).catch(() => [])) await rm(join(path, name), { recursive: true, force: true });
}
