import type { CommandHost } from "@gantry/core";
import type { ContainerVerbs, PathStat } from "@gantry/engine";

import { hasCode } from "../commands/error-code.ts";
import { UsageError } from "../parsing/usage-error.ts";

export interface CopyOptions {
  host: CommandHost;
  containers: ContainerVerbs;
  keepOwners: boolean;
  /** Take what a link at the source leads to. */
  followLink: boolean;
  signal: AbortSignal;
}

/** As Go's os.FileMode marks them. */
const directoryBit = 0x8000_0000;
const linkBit = 0x0800_0000;
const maximumLinks = 40;

/** Copies a path of a container to one of the caller's, or as a tar stream to the standard output for `-`. */
export async function copyOut(options: CopyOptions, container: string, source: string, target: string): Promise<void> {
  const { host, containers, followLink, keepOwners, signal } = options;
  const path = followLink ? await resolveLink(options, container, source) : source;
  const { stat, archive } = await containers.readPath(container, path || "/", { signal });
  if (target === "-") {
    for await (const chunk of archive) await host.stdout.write(chunk);
    return;
  }
  const place = await placeOf((wanted) => host.files.kind(wanted), { source: path, sourceIs: kindOf(stat), target });
  // The names of a directory's content begin with none that could be another: it goes into the target itself, which is made.
  const whole = isContent(path) && place.name !== undefined;
  const renamed = whole || place.name === undefined ? {} : { rename: place.name };
  await host.files.unpack(archive, whole ? target : place.directory, { keepOwners, ...renamed });
}

/** Copies a path of the caller's into a container, or unpacks the tar stream of the standard input there for `-`. */
export async function copyIn(options: CopyOptions, source: string, container: string, target: string): Promise<void> {
  const { host, containers, followLink, keepOwners, signal } = options;
  const write = (directory: string, archive: AsyncIterable<Uint8Array>): Promise<void> =>
    containers.writePath(container, directory, archive, { noOverwriteDirNonDir: true, keepOwners, signal });
  if (source === "-") return write(target || "/", host.stdin.chunks(signal));
  const sourceIs = await host.files.kind(source);
  if (sourceIs === undefined) throw new UsageError(`no such file or directory: ${source}`, 1);
  const kind = async (path: string): Promise<Kind | undefined> => {
    const stat = await statPath(options, container, path);
    return stat === undefined ? undefined : kindOf(stat);
  };
  const resolved = await resolveLink(options, container, target || "/");
  const place = await placeOf(kind, { source, sourceIs, target: resolved });
  const contentOnly = place.name === "";
  const name = contentOnly ? "" : (place.name ?? baseName(source));
  await write(place.directory, host.files.pack(source, { name, followLink: followLink || contentOnly }));
}

type Kind = "file" | "directory" | "other";

interface Journey {
  source: string;
  sourceIs: Kind;
  target: string;
}

/**
 * Where a copy goes, by the rules of cp(1) and Docker.
 * @param kind what is at a path of the target's side
 * @returns the directory to unpack in, and what to call what is copied; empty: a directory's content goes into it
 */
async function placeOf(
  kind: (path: string) => Promise<Kind | undefined>,
  { source, sourceIs, target }: Journey,
): Promise<{ directory: string; name?: string }> {
  const targetIs = await kind(target);
  const content = sourceIs === "directory" && isContent(source);
  if (targetIs === "directory") return content ? { directory: target, name: "" } : { directory: target };
  if (targetIs === undefined) {
    if (sourceIs !== "directory" && target.endsWith("/")) throw new UsageError(`no such directory: ${target}`, 1);
    const directory = parentOf(target);
    if ((await kind(directory)) !== "directory") throw new UsageError(`no such directory: ${directory}`, 1);
  } else if (sourceIs === "directory") throw new UsageError("cannot copy directory", 1);
  return { directory: parentOf(target), name: baseName(target) };
}

/** Whether a path means what is in a directory, and not the directory. */
function isContent(path: string): boolean {
  return /(^|\/)\.$/.test(path) || /^\/*$/.test(path);
}

async function statPath({ containers, signal }: CopyOptions, container: string, path: string) {
  try {
    return await containers.statPath(container, path, { signal });
  } catch (error) {
    if (hasCode(error, "not-found")) return undefined;
    throw error;
  }
}

/** Where a link at the end of a path leads, within the container. */
async function resolveLink(options: CopyOptions, container: string, path: string): Promise<string> {
  let resolved = path;
  for (let links = 0; links < maximumLinks; links += 1) {
    const stat = await statPath(options, container, resolved);
    if (stat === undefined || Math.floor(stat.mode / linkBit) % 2 === 0 || stat.linkTarget === "") return resolved;
    const parent = parentOf(resolved).replace(/\/$/, "");
    resolved = stat.linkTarget.startsWith("/") ? stat.linkTarget : `${parent}/${stat.linkTarget}`;
  }
  throw new UsageError(`too many links: ${path}`, 1);
}

function kindOf({ mode }: PathStat): Kind {
  if (Math.floor(mode / directoryBit) % 2 === 1) return "directory";
  return Math.floor(mode / linkBit) === 0 ? "file" : "other";
}

function baseName(path: string): string {
  return path.replace(/\/+$/, "").split("/").at(-1)!;
}

function parentOf(path: string): string {
  const plain = path.replace(/\/+$/, "");
  const slash = plain.lastIndexOf("/");
  return slash === -1 ? "." : plain.slice(0, slash) || "/";
}
