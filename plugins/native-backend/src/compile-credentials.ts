import type { ProcessSpec } from "@gantry/core";
import type { Step } from "@gantry/linux";

import { CAP_SYS_ADMIN, capabilityMask } from "./capabilities.ts";
import { SIGKILL } from "./kernel-constants.ts";

export interface CredentialOptions {
  /** The assembled filter. */
  readonly seccomp: Uint8Array | undefined;
  /** The capabilities that can be had at all; what the process asks beyond them it does not get. */
  readonly available: bigint;
}

/**
 * From the change of user to the execution.
 *
 * A seccomp filter is the last thing before the execution, so that it need not allow what the helper does, with one exception:
 * without no_new_privs only CAP_SYS_ADMIN may load a filter, so the process keeps that until then, and its capabilities are
 * dropped under the filter (which must allow capset, prctl and execve then). It is loaded after the barrier in both cases.
 */
export function compileCredentials(process: ProcessSpec, { seccomp, available }: CredentialOptions): Step[] {
  const { user, noNewPrivileges } = process;
  const capabilities = (names: readonly string[]): bigint => capabilityMask(names) & available;
  const sets = {
    effective: capabilities(process.capabilities.effective),
    permitted: capabilities(process.capabilities.permitted),
    inheritable: capabilities(process.capabilities.inheritable),
  };
  const dropped: Step[] = [
    { do: "capability-set", ...sets },
    { do: "ambient-set", mask: capabilities(process.capabilities.ambient) },
  ];
  const identity: Step[] = [
    { do: "bounding-set", mask: capabilities(process.capabilities.bounding) },
    { do: "set-groups", gids: user.additionalGids },
    { do: "set-gid", gid: user.gid },
    ...(user.uid === 0 ? [] : [{ do: "keep-capabilities" } as const]),
    { do: "set-uid", uid: user.uid },
  ];
  const filter: Step[] = seccomp ? [{ do: "seccomp", program: seccomp, flags: 0 }] : [];
  const execute: Step = { do: "execute", argv: process.args, env: process.env };
  // Set after the last change of user, which clears it; giving capabilities up does not.
  const followMonitor: Step = { do: "death-signal", signal: SIGKILL };
  if (seccomp && !noNewPrivileges) {
    const admin = CAP_SYS_ADMIN & available;
    const kept: Step = {
      do: "capability-set",
      effective: sets.effective | admin,
      permitted: sets.permitted | admin,
      inheritable: sets.inheritable,
    };
    return [...identity, kept, followMonitor, { do: "barrier" }, ...filter, ...dropped, execute];
  }
  const noNew: Step[] = noNewPrivileges ? [{ do: "no-new-privileges" }] : [];
  return [...identity, ...dropped, ...noNew, followMonitor, { do: "barrier" }, ...filter, execute];
}
