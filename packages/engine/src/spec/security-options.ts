import { invalidArgument } from "../engine-errors.ts";
import { defaultSeccompTemplate } from "../seccomp/default-profile.ts";
import { parseSeccompProfile } from "../seccomp/parse-profile.ts";
import type { SeccompTemplate } from "../seccomp/seccomp-template.ts";

export interface SecurityOptions {
  noNewPrivileges: boolean;
  /** `undefined`: unconfined. */
  seccomp: SeccompTemplate | undefined;
}

/**
 * Reads `--security-opt` values: `no-new-privileges[=true|false]`, `seccomp=unconfined|builtin|JSON`. Turning off what this
 * engine does not have (`apparmor=unconfined`, `label=disable`) is accepted.
 * Errors: `invalid-argument`; `unsupported` for another AppArmor profile or SELinux label.
 */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  const result: SecurityOptions = { noNewPrivileges: false, seccomp: defaultSeccompTemplate };
  for (const option of options) {
    const [, key, value] = /^([a-z-]+)(?:[=:](.*))?$/s.exec(option) ?? [];
    if (key === "no-new-privileges") result.noNewPrivileges = booleanValue(option, value);
    else if (key === "seccomp" && value !== undefined) result.seccomp = seccompValue(value);
    else if (option !== "apparmor=unconfined" && option !== "label=disable" && option !== "label:disable") {
      throw invalidArgument(`invalid --security-opt: ${JSON.stringify(option)}`, { field: "securityOptions" });
    }
  }
  return result;
}

function seccompValue(value: string): SeccompTemplate | undefined {
  if (value === "unconfined") return undefined;
  if (value === "builtin") return defaultSeccompTemplate;
  return parseSeccompProfile(value);
}

function booleanValue(option: string, value: string | undefined): boolean {
  if (value === undefined || value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw invalidArgument(`invalid --security-opt: ${JSON.stringify(option)}`, { field: "securityOptions" });
}
