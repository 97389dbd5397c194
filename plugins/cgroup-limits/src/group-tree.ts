import { readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";

import { errnoOf, readControl } from "./control-file.ts";

/** The groups beneath a directory, at any depth, the deepest first. The processes of a group may make such groups themselves. */
export function groupsBeneath(directory: string): string[] {
  const found: string[] = [];
  let entries;
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return found;
    throw error;
  }
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    const path = join(directory, entry.name);
    found.push(...groupsBeneath(path), path);
  }
  return found;
}

/** Processes of a group and of those beneath it. Zombies are not among them. */
export function processesIn(directory: string): number[] {
  const pids = new Set<number>();
  for (const group of [directory, ...groupsBeneath(directory)]) {
    for (const line of (readControl(join(group, "cgroup.procs")) ?? "").split("\n")) {
      // A process outside of this pid namespace reads as 0.
      if (line !== "" && line !== "0") pids.add(Number(line));
    }
  }
  return [...pids];
}

/** Removes a group and what is beneath it. Returns false while something in it is busy; throws other system errors. */
export function removeGroups(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT") return true;
    if (errno !== "EBUSY" && errno !== "ENOTEMPTY") throw error;
  }
  const beneath = groupsBeneath(directory);
  return beneath.length > 0 && [...beneath, directory].every(removeOne);
}

function removeOne(directory: string): boolean {
  try {
    rmdirSync(directory);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EBUSY" || errno === "ENOTEMPTY") return false;
    if (errno !== "ENOENT") throw error;
  }
  return true;
}
