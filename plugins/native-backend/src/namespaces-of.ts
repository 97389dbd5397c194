import { readdirSync, readlinkSync } from "node:fs";

import type { NamespaceType } from "@gantry/core";

import { namespaceKinds } from "./compile-namespaces.ts";

/** The kinds of namespaces in which a process is apart from the engine. Throws Node's error when it is gone. */
export function foreignNamespaces(pid: number): NamespaceType[] {
  return Object.entries(namespaceKinds)
    .filter(([, { file }]) => readlinkSync(`/proc/${pid}/ns/${file}`) !== readlinkSync(`/proc/self/ns/${file}`))
    .map(([type]) => type as NamespaceType);
}

/** All processes in the pid namespace of one; only that one when it is the engine's own namespace. */
export function processesInNamespaceOf(pid: number): number[] {
  const own = namespaceLink("self");
  const wanted = namespaceLink(String(pid));
  if (wanted === undefined) return [];
  if (wanted === own) return [pid];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && namespaceLink(name) === wanted)
    .map(Number);
}

function namespaceLink(process: string): string | undefined {
  try {
    return readlinkSync(`/proc/${process}/ns/pid`);
  } catch {
    return undefined;
  }
}
