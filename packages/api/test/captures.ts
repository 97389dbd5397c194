import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Answers of a real dockerd, and Docker's own description of the API; kept beside a checkout, not in it. */
const data = join(import.meta.dirname, "../../../../shared/data");

export const captures = join(data, "captures");
export const haveCaptures = existsSync(captures);
export const description = join(data, "engine-api-v1.50.yaml");
export const haveDescription = existsSync(description);

export function capture(name: string): unknown {
  return JSON.parse(readFileSync(join(captures, name), "utf8"));
}

/**
 * Where an answer's shape differs from another's: names that are missing, and values of another JSON type, by path. `null` goes
 * with any type; of lists the first items are compared; a name that is in `free` has names of its own beneath it.
 */
export function differences(theirs: unknown, ours: unknown, free: readonly string[] = [], path = ""): string[] {
  if (theirs === null || ours === null) return [];
  if (kindOf(theirs) !== kindOf(ours)) return [`${path}: ${kindOf(ours)} instead of ${kindOf(theirs)}`];
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    return theirs.length === 0 || ours.length === 0 ? [] : differences(theirs[0], ours[0], free, `${path}[]`);
  }
  if (typeof theirs !== "object") return [];
  const mine = ours as Record<string, unknown>;
  return Object.entries(theirs).flatMap(([name, value]) => {
    const below = path === "" ? name : `${path}.${name}`;
    if (!Object.hasOwn(mine, name)) return [`${below}: missing`];
    return free.includes(below) ? [] : differences(value, mine[name], free, below);
  });
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "list" : typeof value;
}
