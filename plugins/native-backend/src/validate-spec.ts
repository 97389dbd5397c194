import { posix } from "node:path";

import { EngineError } from "@gantry/core";
import type { NamespaceType, ProcessSpec, RuntimeSpec } from "@gantry/core";

import { capabilityMask } from "./capabilities.ts";
import { isNew, namespaceKinds } from "./compile-namespaces.ts";
import { resourceNumber } from "./compile-process.ts";
import { invalidSpec } from "./spec-error.ts";

/** What may be mounted beneath /proc: files that only inform, as lxcfs replaces them. */
const replaceableInProc = new Set(
  ["cpuinfo", "diskstats", "loadavg", "meminfo", "slabinfo", "stat", "swaps", "uptime"].map((name) => `/proc/${name}`),
);
const largestId = 0xffff_fffe;

/**
 * Refuses what would fail half way or would weaken the isolation silently.
 * @throws EngineError `invalid-argument` or `unsupported`, naming the field
 */
export function validateSpec(spec: RuntimeSpec): void {
  validateProcess(spec.process);
  validateNamespaces(spec);
  validateNames(spec);
  if (spec.root.mounts.length === 0) throw invalidSpec("root.mounts", "a container needs a root file system");
  for (const { destination, type } of spec.mounts) validateDestination(destination, type);
  for (const path of [...spec.maskedPaths, ...spec.readonlyPaths]) absolute("maskedPaths/readonlyPaths", path);
  for (const { path } of spec.devices) absolute("devices", path);
  for (const name of Object.keys(spec.sysctl)) validateSysctl(spec, name);
}

/** The part that holds for `exec` too. */
export function validateProcess(process: ProcessSpec): void {
  if (process.args.length === 0) throw invalidSpec("process.args", "a program to run is needed");
  for (const text of [...process.args, ...process.env, process.cwd]) {
    if (text.includes("\0")) throw invalidSpec("process", "a NUL byte cannot be in an argument, a variable or a path");
  }
  for (const variable of process.env) {
    if (variable.indexOf("=") < 1) throw invalidSpec("process.env", `${JSON.stringify(variable)} is not NAME=value`);
  }
  absolute("process.cwd", process.cwd);
  const { uid, gid, additionalGids } = process.user;
  for (const id of [uid, gid, ...additionalGids]) {
    if (Number.isInteger(id) && id >= 0 && id <= largestId) continue;
    throw invalidSpec("process.user", `${id} is not an id from 0 to ${largestId}`);
  }
  const { bounding, effective, permitted, inheritable, ambient } = process.capabilities;
  for (const set of [bounding, effective, permitted, inheritable, ambient]) capabilityMask(set);
  for (const { type, soft, hard } of process.rlimits) {
    resourceNumber(type);
    if (Number.isNaN(soft) || Number.isNaN(hard) || (hard >= 0 && (soft < 0 || soft > hard))) {
      throw invalidSpec("process.rlimits", `${type}: the soft limit ${soft} is above the hard limit ${hard}`);
    }
  }
  const { oomScoreAdj = 0 } = process;
  if (!Number.isInteger(oomScoreAdj) || Math.abs(oomScoreAdj) > 1000) {
    throw invalidSpec("process.oomScoreAdj", `${oomScoreAdj} is not from -1000 to 1000`);
  }
}

function validateNamespaces(spec: RuntimeSpec): void {
  const seen = new Set<NamespaceType>();
  for (const { type, path } of spec.namespaces) {
    if (!(type in namespaceKinds)) {
      throw new EngineError("unsupported", `namespaces: ${type} is not offered by this backend`, {
        details: { field: "namespaces" },
      });
    }
    if (seen.has(type)) throw invalidSpec("namespaces", `${type} is listed twice`);
    seen.add(type);
    if (path !== undefined) absolute("namespaces", path);
  }
  if (!isNew(spec, "mount")) throw invalidSpec("namespaces", "a container needs a new mount namespace");
  const mapped = (spec.uidMappings ?? []).length > 0 && (spec.gidMappings ?? []).length > 0;
  if (isNew(spec, "user") !== mapped) {
    throw invalidSpec("uidMappings", "a new user namespace and mappings of uids and gids need each other");
  }
}

function validateNames({ namespaces, hostname, domainname }: RuntimeSpec): void {
  const separate = namespaces.some(({ type }) => type === "uts");
  for (const [field, name] of Object.entries({ hostname, domainname })) {
    if (name === undefined) continue;
    if (!separate) throw invalidSpec(field, "would rename the host: a uts namespace is needed");
    if (Buffer.byteLength(name) > 64) throw invalidSpec(field, "is longer than 64 bytes");
  }
}

function validateDestination(destination: string, type: string): void {
  absolute("mounts", destination);
  if (destination !== posix.normalize(destination)) {
    throw invalidSpec("mounts", `destination ${destination}: write ${posix.normalize(destination)}`);
  }
  if (destination === "/") throw invalidSpec("mounts", "destination / would hide the root file system");
  if (destination === "/proc" && type !== "proc" && type !== "bind") {
    throw invalidSpec("mounts", `destination /proc takes a proc file system, not ${type}`);
  }
  if (destination.startsWith("/proc/") && !replaceableInProc.has(destination)) {
    throw invalidSpec("mounts", `destination ${destination}: nothing may be mounted in /proc`);
  }
}

/** Only parameters that belong to a namespace of the container: the others are the host's. */
function validateSysctl(spec: RuntimeSpec, name: string): void {
  const parts = name.split(/[./]/);
  if (parts.some((part) => part === "") || name.includes(".."))
    throw invalidSpec("sysctl", `${name} is not a parameter`);
  const [first, second = ""] = parts;
  const ofIpc = (first === "kernel" && /^(msg|shm|sem)/.test(second)) || (first === "fs" && second === "mqueue");
  const needed = ofIpc ? "ipc" : first === "net" ? "network" : undefined;
  if (needed === undefined) throw invalidSpec("sysctl", `${name} is a parameter of the host`);
  if (!spec.namespaces.some(({ type }) => type === needed)) {
    throw invalidSpec("sysctl", `${name} would change the host: a ${needed} namespace is needed`);
  }
}

function absolute(field: string, path: string): void {
  if (!path.startsWith("/")) throw invalidSpec(field, `${JSON.stringify(path)} is not an absolute path`);
}
