import type { CreateOptions, RuntimeSpec } from "@gantry/core";
import { linkUpMessage } from "@gantry/linux";
import type { LaunchProgram, Step } from "@gantry/linux";

import { compileJoin } from "./compile-cgroups.ts";
import { compileCredentials } from "./compile-credentials.ts";
import { compileDevices } from "./compile-devices.ts";
import { compileMounts, compilePropagation, compileRoot, compileRootFinish } from "./compile-mounts.ts";
import { compileNamespaces, isNew, namespaceKinds } from "./compile-namespaces.ts";
import { compileEnvironment, compileOomScore } from "./compile-process.ts";
import { MountSlots } from "./mount-slots.ts";
import { sysctlPath } from "./sysctl-path.ts";

const defaultOutputLimit = 100_000_000;
/** `lo` is the first interface of every network namespace. */
const loopbackIndex = 1;
/** In a user namespace of its own a process has all there are. */
export const allCapabilities = (1n << 64n) - 1n;

/** What a program needs to know beyond the spec. */
export interface CompileContext {
  /** The directory on which every container mounts its root, each in its own mount namespace. */
  readonly staging: string;
  readonly seccomp: Uint8Array | undefined;
  /** The capabilities that the engine has and so can give. */
  readonly capabilities: bigint;
}

/** Compiles a validated spec into the helper's steps. */
export function compileContainer(
  spec: RuntimeSpec,
  { limits, openStdin, outputLimit = defaultOutputLimit }: CreateOptions,
  context: CompileContext,
): LaunchProgram {
  const namespaces = compileNamespaces(spec);
  const group = limits && { path: limits.path, joinPaths: limits.joinPaths };
  const slots = new MountSlots(context.staging);
  // Compiled before the steps that open the slots, which they fill.
  const insideRoot = [...compileMounts(spec, slots, group), ...compileDevices(spec, slots)];
  const process: Step[] = [
    ...compileOomScore(spec.process),
    ...compileJoin(group),
    ...namespaces.process,
    ...compileCgroupNamespace(spec),
    ...compilePropagation(spec, slots),
    ...compileRoot(spec, context.staging),
    ...becomeRoot(spec),
    ...insideRoot,
    ...compileNetwork(spec),
    ...Object.entries(spec.sysctl).map(([name, data]): Step => ({ do: "write-file", path: sysctlPath(name), data })),
    ...spec.maskedPaths.map((path): Step => ({ do: "mask", path })),
    ...spec.readonlyPaths.map((path): Step => ({ do: "read-only", path })),
    ...(spec.root.readonly ? [workingDirectory(spec)] : []),
    ...compileRootFinish(spec),
    ...compileNames(spec),
    ...compileEnvironment(spec.process, true),
    ...compileCredentials(spec.process, {
      seccomp: context.seccomp,
      available: isNew(spec, "user") ? allCapabilities : context.capabilities,
    }),
  ];
  const { cloneFlags, beforeClone, afterClone } = namespaces;
  return { cloneFlags, beforeClone, afterClone, process, openStdin, outputLimit };
}

function compileCgroupNamespace(spec: RuntimeSpec): Step[] {
  return isNew(spec, "cgroup") ? [{ do: "unshare", flags: namespaceKinds.cgroup?.flag ?? 0 }] : [];
}

/**
 * In a user namespace the process is nobody inside and the host's root outside until it takes an id that is mapped: after it
 * has found its way through the host's directories, and before it makes anything.
 */
function becomeRoot(spec: RuntimeSpec): Step[] {
  if (!isNew(spec, "user")) return [];
  return [
    { do: "set-gid", gid: 0 },
    { do: "set-uid", uid: 0 },
  ];
}

function compileNetwork(spec: RuntimeSpec): Step[] {
  return isNew(spec, "network") ? [{ do: "netlink", protocol: 0, message: linkUpMessage(loopbackIndex) }] : [];
}

/** Made before the root becomes read-only. */
function workingDirectory({ process: { cwd } }: RuntimeSpec): Step {
  return { do: "make-directory", path: cwd, mode: 0o755, uid: 0, gid: 0, optional: true };
}

function compileNames({ hostname, domainname }: RuntimeSpec): Step[] {
  const steps: Step[] = [];
  if (hostname !== undefined) steps.push({ do: "hostname", name: hostname });
  if (domainname !== undefined) steps.push({ do: "domainname", name: domainname });
  return steps;
}
