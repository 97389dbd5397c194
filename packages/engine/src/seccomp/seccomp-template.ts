import type { SeccompAction, SeccompArgument, SeccompProfile, SeccompRule } from "@gantry/core";

/**
 * A seccomp profile as Docker writes it: some of its rules hold only with or without a capability, on an architecture or
 * from a kernel on. `resolveTemplate` makes it a profile for one container.
 */
export interface SeccompTemplate {
  defaultAction: SeccompAction;
  defaultErrno?: number;
  /** Empty: the host's own and its 32-bit relatives. */
  architectures: readonly string[];
  rules: readonly TemplateRule[];
}

export interface TemplateRule extends SeccompRule {
  includes?: RuleCondition;
  excludes?: RuleCondition;
}

export interface RuleCondition {
  capabilities?: readonly string[];
  /** Go names: `amd64`, `x32`. */
  architectures?: readonly string[];
  /** `4.8` */
  minimumKernel?: string;
}

export interface SeccompContext {
  /** The container's bounding set. */
  capabilities: readonly string[];
  /** As Node names it: `x64`. */
  architecture: string;
  kernelRelease: string;
}

const architectures: Readonly<Record<string, { go: string; seccomp: readonly string[] }>> = {
  x64: { go: "amd64", seccomp: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"] },
  arm64: { go: "arm64", seccomp: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"] },
  arm: { go: "arm", seccomp: ["SCMP_ARCH_ARM"] },
  ia32: { go: "x86", seccomp: ["SCMP_ARCH_X86"] },
  ppc64: { go: "ppc64le", seccomp: ["SCMP_ARCH_PPC64LE"] },
  s390x: { go: "s390x", seccomp: ["SCMP_ARCH_S390X", "SCMP_ARCH_S390"] },
  riscv64: { go: "riscv64", seccomp: ["SCMP_ARCH_RISCV64"] },
};

/** The profile that holds for one container: its rules in the template's order, without their conditions. */
export function resolveTemplate(template: SeccompTemplate, context: SeccompContext): SeccompProfile {
  const syscalls = template.rules
    .filter(({ includes, excludes }) => {
      return (!includes || allHold(includes, context)) && !(excludes && anyHolds(excludes, context));
    })
    .map(({ includes: _includes, excludes: _excludes, ...rule }) => rule);
  return {
    defaultAction: template.defaultAction,
    ...(template.defaultErrno === undefined ? {} : { defaultErrno: template.defaultErrno }),
    architectures:
      template.architectures.length > 0 ? template.architectures : (architectures[context.architecture]?.seccomp ?? []),
    syscalls,
  };
}

function allHold(condition: RuleCondition, context: SeccompContext): boolean {
  return (
    (condition.capabilities ?? []).every((capability) => context.capabilities.includes(capability)) &&
    (condition.architectures === undefined || onArchitecture(condition.architectures, context)) &&
    (condition.minimumKernel === undefined || kernelAtLeast(condition.minimumKernel, context.kernelRelease))
  );
}

function anyHolds(condition: RuleCondition, context: SeccompContext): boolean {
  return (
    (condition.capabilities ?? []).some((capability) => context.capabilities.includes(capability)) ||
    (condition.architectures !== undefined && onArchitecture(condition.architectures, context)) ||
    (condition.minimumKernel !== undefined && kernelAtLeast(condition.minimumKernel, context.kernelRelease))
  );
}

function onArchitecture(names: readonly string[], context: SeccompContext): boolean {
  return names.includes(architectures[context.architecture]?.go ?? context.architecture);
}

function kernelAtLeast(minimum: string, release: string): boolean {
  const [major = 0, minor = 0] = minimum.split(".").map(Number);
  const [hasMajor = 0, hasMinor = 0] = release.split(/[.-]/).map(Number);
  return hasMajor > major || (hasMajor === major && hasMinor >= minor);
}

/** One comparison of a system call's argument. */
export function argument(index: number, op: SeccompArgument["op"], value: bigint, valueTwo?: bigint): SeccompArgument {
  return { index, value, ...(valueTwo === undefined ? {} : { valueTwo }), op };
}
