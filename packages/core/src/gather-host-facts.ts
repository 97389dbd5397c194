import { accessSync, constants, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { arch, platform, release } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";

import type { HostFacts } from "./host-facts.ts";

/** Looks at this machine. What it cannot read (another system, a hidden /proc) is reported as absent. */
export async function gatherHostFacts(): Promise<HostFacts> {
  const [filesystems, mountInfo, controllers] = await Promise.all(
    ["/proc/filesystems", "/proc/self/mountinfo", "/proc/cgroups"].map(readOrEmpty),
  );
  const mounts = parseMountInfo(mountInfo!);
  const cgroup2 = mounts.find((mount) => mount.type === "cgroup2")?.mountPoint;
  return {
    platform: platform(),
    architecture: arch(),
    kernelRelease: release(),
    uid: process.geteuid?.() ?? -1,
    filesystems: new Set(lines(filesystems!).map((line) => line.split("\t").at(-1)!)),
    cgroup1: cgroup1Controllers(mounts, controllers!),
    cgroup2:
      cgroup2 === undefined ? undefined : { mountPoint: cgroup2, controllers: await cgroup2Controllers(cgroup2) },
    program: findProgram,
  };
}

interface MountInfo {
  mountPoint: string;
  type: string;
  superOptions: readonly string[];
}

/** @param text of /proc/self/mountinfo, see proc_pid_mountinfo(5) */
export function parseMountInfo(text: string): readonly MountInfo[] {
  return lines(text).flatMap((line) => {
    const [before, after] = line.split(" - ");
    const mountPoint = before?.split(" ")[4];
    const [type, , superOptions] = after?.split(" ") ?? [];
    if (mountPoint === undefined || type === undefined) return [];
    return [{ mountPoint: unescape(mountPoint), type, superOptions: superOptions?.split(",") ?? [] }];
  });
}

/** @param controllers text of /proc/cgroups: tells controllers from other mount options */
function cgroup1Controllers(mounts: readonly MountInfo[], controllers: string): ReadonlyMap<string, string> {
  const names = new Set(lines(controllers).map((line) => line.split("\t")[0]!));
  const found = new Map<string, string>();
  for (const mount of mounts.filter(({ type }) => type === "cgroup")) {
    for (const option of mount.superOptions) {
      if (names.has(option) && !found.has(option)) found.set(option, mount.mountPoint);
    }
  }
  return found;
}

async function cgroup2Controllers(mountPoint: string): Promise<ReadonlySet<string>> {
  const text = await readOrEmpty(join(mountPoint, "cgroup.controllers"));
  return new Set(text.split(/\s+/).filter((name) => name !== ""));
}

function findProgram(name: string): string | undefined {
  if (name === "") return undefined;
  if (name.includes("/")) return isAbsolute(name) && isExecutable(name) ? name : undefined;
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((directory) => isAbsolute(directory))
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function readOrEmpty(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** The kernel writes space, tab, newline and backslash as `\040` and the like. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_match, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
