import { EngineError } from "@gantry/core";
import type { SeccompAction, SeccompArgument, SeccompProfile, SeccompRule } from "@gantry/core";

import { architecturesOf } from "./architectures.ts";
import type { SeccompArchitecture, SyscallTable } from "./architectures.ts";
import { argumentTest } from "./argument-test.ts";
import { assemble, BpfGraph } from "./bpf.ts";
import type { BpfNode } from "./bpf.ts";

const ENOSYS = 38;
const EPERM = 1;
const killProcess = 0x8000_0000;
const actions: Readonly<Record<SeccompAction, number>> = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_PROCESS: killProcess,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_ERRNO: 0x0005_0000,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_ALLOW: 0x7fff_0000,
};

/** Offsets in struct seccomp_data. */
const numberOffset = 0;
const architectureOffset = 4;
/** What a number is replaced by when a tracer skips the call, and what programs use to ask for "no such call". */
const noCall = 0xffff_ffff;

/** From a number on (up to the next one's) this node decides. */
interface Step {
  readonly from: number;
  readonly node: BpfNode;
}

/**
 * Assembles a profile into a classic BPF program (an array of `struct sock_filter`).
 *
 * Of the rules for a system call the first that matches decides. Names that the machine does not have are passed over, for
 * profiles name the calls of all architectures. A call with a number above all that the profile names is newer than the
 * profile: where the default action forbids, it gets ENOSYS, so that libraries fall back to the older call. An architecture
 * that the profile does not list is answered by killing the process. Numbers are found by binary search over ranges of equal
 * verdict: about eight comparisons (and none on Linux 5.11 or later for a call that is always allowed).
 *
 * @param machine as Node names it: `x64`, `arm64`
 * @throws EngineError `unsupported` for another machine, `invalid-argument` for a malformed profile
 */
export function seccompProgram(profile: SeccompProfile, machine: string): Uint8Array {
  const [native, ...others] = architecturesOf(machine);
  if (!native) throw new EngineError("unsupported", `no seccomp filters for ${machine}: run without a profile`);
  checkProfile(profile);
  const graph = new BpfGraph();
  let start = graph.return(killProcess);
  const listed = others.filter(({ name }) => profile.architectures.includes(name));
  for (const architecture of [...listed, native]) {
    const search = new SyscallSearch(graph, profile, architecture);
    start = graph.jump("equal", architecture.audit, graph.load(numberOffset, search.node()), start);
  }
  return assemble(graph.load(architectureOffset, start));
}

class SyscallSearch {
  constructor(
    readonly graph: BpfGraph,
    readonly profile: SeccompProfile,
    readonly architecture: SeccompArchitecture,
  ) {}

  node(): BpfNode {
    const { marked, syscalls } = this.architecture;
    const steps = this.#steps(syscalls, 0);
    if (marked && this.profile.architectures.includes(marked.name))
      steps.push(...this.#steps(marked.syscalls, marked.bit));
    else if (marked) steps.push({ from: marked.bit, node: this.graph.return(killProcess) });
    steps.push({ from: noCall, node: this.#unknown() });
    return this.#search(steps.filter(({ node }, index) => node !== steps[index - 1]?.node));
  }

  #search(steps: readonly Step[]): BpfNode {
    const middle = Math.floor(steps.length / 2);
    const step = steps[middle];
    if (!step || middle === 0) return steps[0]?.node ?? this.#unknown();
    return this.graph.jump(
      "greaterOrEqual",
      step.from,
      this.#search(steps.slice(middle)),
      this.#search(steps.slice(0, middle)),
    );
  }

  #steps(syscalls: SyscallTable, bit: number): Step[] {
    const rules = new Map<number, SeccompRule[]>();
    for (const rule of this.profile.syscalls) {
      for (const name of rule.names) {
        const number = syscalls.get(name);
        if (number !== undefined) rules.set(number + bit, [...(rules.get(number + bit) ?? []), rule]);
      }
    }
    const byDefault = this.#return(this.profile.defaultAction, this.profile.defaultErrno);
    const steps: Step[] = [{ from: bit, node: byDefault }];
    let next = bit;
    for (const [number, ofNumber] of [...rules].toSorted(([a], [b]) => a - b)) {
      if (number > next) steps.push({ from: next, node: byDefault });
      steps.push({ from: number, node: this.#verdict(ofNumber, byDefault) });
      next = number + 1;
    }
    steps.push({ from: next, node: this.#unknown() });
    return steps;
  }

  #verdict(rules: readonly SeccompRule[], otherwise: BpfNode): BpfNode {
    return rules.reduceRight((rest, rule) => {
      const action = this.#return(rule.action, rule.errno);
      return (rule.args ?? []).reduceRight<BpfNode>(
        (matched, argument) => argumentTest(this.graph, argument, this.architecture.narrow, matched, rest),
        action,
      );
    }, otherwise);
  }

  #unknown(): BpfNode {
    const { defaultAction, defaultErrno } = this.profile;
    const permits = defaultAction === "SCMP_ACT_ALLOW" || defaultAction === "SCMP_ACT_LOG";
    return permits ? this.#return(defaultAction, defaultErrno) : this.#return("SCMP_ACT_ERRNO", ENOSYS);
  }

  #return(action: SeccompAction, errno: number | undefined): BpfNode {
    return this.graph.return(action === "SCMP_ACT_ERRNO" ? actions[action] + (errno ?? EPERM) : actions[action]);
  }
}

function checkProfile(profile: SeccompProfile): void {
  checkAction(profile.defaultAction, profile.defaultErrno);
  for (const rule of profile.syscalls) {
    checkAction(rule.action, rule.errno);
    for (const argument of rule.args ?? []) checkArgument(argument);
  }
}

function checkAction(action: string, errno = EPERM): void {
  if (!(action in actions)) refuse(`action ${action} is not one of ${Object.keys(actions).join(", ")}`);
  if (!Number.isInteger(errno) || errno < 0 || errno > 4095) refuse(`errno ${errno} must be from 0 to 4095`);
}

function checkArgument({ index, value, valueTwo = 0n }: SeccompArgument): void {
  if (!Number.isInteger(index) || index < 0 || index > 5) refuse(`argument index ${index} must be from 0 to 5`);
  for (const operand of [value, valueTwo]) {
    if (operand < 0n || operand >= 1n << 64n) refuse(`argument value ${operand} must be of 64 bits without sign`);
  }
}

function refuse(problem: string): never {
  throw new EngineError("invalid-argument", `seccomp: ${problem}`, { details: { field: "seccomp" } });
}
