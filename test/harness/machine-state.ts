import { existsSync, globSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";

import type { Roots } from "./docker.ts";
import { eventually } from "./eventually.ts";

/**
 * What engines with these directories have on the machine beside their files, one line for each thing: mounts, processes
 * (with them their namespaces), empty cgroups. Other engines may be at work meanwhile; what is theirs is not counted.
 */
export function machineState(roots: Roots): ReadonlySet<string> {
  return new Set([...mounts(roots), ...processes(roots), ...emptyGroups()]);
}

/** What is there now and was not before; waits a little for what is going away by itself. */
export async function leftBehind(roots: Roots, before: ReadonlySet<string>): Promise<string[]> {
  const added = () => [...machineState(roots)].filter((line) => !before.has(line));
  return eventually(added, (lines) => lines.length === 0, 10_000);
}

function mentions({ dataRoot, execRoot }: Roots, text: string): boolean {
  return text.includes(`${dataRoot}/`) || text.includes(`${execRoot}/`);
}

function mounts(roots: Roots): string[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").trimEnd().split("\n");
  return lines.filter((line) => mentions(roots, line)).map((line) => `mount on ${line.split(" ")[4]!}`);
}

/** Those that have a file of the engine open, or live in a root file system of its making. */
function processes(roots: Roots): string[] {
  const others = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return others.flatMap((pid) => {
    try {
      const files = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      const owned = files.some((file) => mentions(roots, file));
      if (!owned && !mentions(roots, readFileSync(`/proc/${pid}/mountinfo`, "utf8"))) return [];
      return [`process ${pid} (${readFileSync(`/proc/${pid}/comm`, "utf8").trim()})`];
    } catch {
      return []; // It ended while we looked.
    }
  });
}

/** A group is made shortly before its first process enters; one that stays empty was forgotten. */
function emptyGroups(): string[] {
  const groups = globSync(["/sys/fs/cgroup/gantry/*", "/sys/fs/cgroup/*/gantry/*"], { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  return groups.filter((path) => isEmpty(path)).map((path) => `cgroup ${path}`);
}

function isEmpty(group: string): boolean {
  const list = join(group, "cgroup.procs");
  try {
    return existsSync(list) && readFileSync(list, "utf8") === "";
  } catch {
    return false; // It was removed while we looked.
  }
}
