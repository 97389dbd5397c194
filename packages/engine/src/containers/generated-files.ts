import { readFile, writeFile } from "node:fs/promises";

import type { MountSpec } from "@gantry/core";

import type { ContainerPaths } from "./container-paths.ts";
import type { ContainerRecord } from "./container-record.ts";

const localHosts =
  "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\n" +
  "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n";

/**
 * Writes the files that the engine makes for a container, anew at each start, and says how they are mounted. Not synchronised:
 * after a crash the next start writes them again. A file that the user mounts himself is left out.
 */
export async function writeGeneratedFiles(
  container: Pick<ContainerRecord, "id" | "config" | "hostConfig" | "mounts">,
  paths: ContainerPaths,
): Promise<readonly MountSpec[]> {
  const { hostname, domainname } = container.config;
  const host = container.hostConfig.networkMode === "host";
  const fullName = domainname ? `${hostname}.${domainname} ${hostname}` : hostname;
  const contents = {
    hostname: () => `${hostname}\n`,
    hosts: async () => (host ? await readOrEmpty("/etc/hosts") : `${localHosts}127.0.1.1\t${fullName}\n`),
    "resolv.conf": async () => {
      const text = await readOrEmpty("/etc/resolv.conf");
      return host ? text : withoutLocalServers(text);
    },
  };
  const covered = new Set(container.mounts.map(({ destination }) => destination));
  const names = (Object.keys(contents) as (keyof typeof contents)[]).filter((name) => !covered.has(`/etc/${name}`));
  return Promise.all(
    names.map(async (name): Promise<MountSpec> => {
      const source = paths.file(container.id, name);
      await writeFile(source, await contents[name](), { mode: 0o644 });
      return { type: "bind", source, destination: `/etc/${name}`, options: ["rbind", "rprivate"] };
    }),
  );
}

/** A name server on the host's loopback is out of a container's reach. */
function withoutLocalServers(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^\s*nameserver\s+(127\.|::1)/.test(line))
    .join("\n");
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw thrown;
  }
}
