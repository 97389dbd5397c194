import type { CreateOptions, NamespaceType, ProcessSpec } from "@gantry/core";
import type { LaunchProgram, Step } from "@gantry/linux";

import { compileJoin } from "./compile-cgroups.ts";
import { compileCredentials } from "./compile-credentials.ts";
import type { CredentialOptions } from "./compile-credentials.ts";
import { namespaceKinds } from "./compile-namespaces.ts";
import { compileEnvironment, compileOomScore } from "./compile-process.ts";

const defaultOutputLimit = 100_000_000;

/** The container that a process is added to. */
export interface ExecTarget extends CredentialOptions {
  /** Its first process. */
  readonly pid: number;
  /** The namespaces that differ from the engine's. */
  readonly namespaces: readonly NamespaceType[];
}

/** Compiles one more process in a running container. */
export function compileExec(
  process: ProcessSpec,
  { limits, openStdin, outputLimit = defaultOutputLimit }: CreateOptions,
  target: ExecTarget,
): LaunchProgram {
  const entering: Step[] = [];
  const beforeClone: Step[] = [];
  for (const [type, kind] of Object.entries(namespaceKinds)) {
    if (!target.namespaces.includes(type as NamespaceType)) continue;
    const step: Step = { do: "setns", path: `/proc/${target.pid}/ns/${kind.file}`, type: kind.flag };
    // Only children enter a pid namespace that was set, so it is the monitor that sets it.
    (type === "pid" ? beforeClone : entering).push(step);
  }
  return {
    cloneFlags: 0,
    beforeClone,
    afterClone: [],
    process: [
      ...compileOomScore(process),
      ...compileJoin(limits),
      ...entering,
      ...compileEnvironment(process, false),
      ...compileCredentials(process, target),
    ],
    openStdin,
    outputLimit,
  };
}
