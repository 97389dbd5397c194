import { EngineError } from "@gantry/core";
import type { SeccompProfile, SeccompRule } from "@gantry/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { architecturesOf } from "../src/seccomp/architectures.ts";
import { seccompProgram } from "../src/seccomp/seccomp-program.ts";
import { runFilter, verdictOf } from "./fixtures/bpf-machine.ts";

const x86 = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"];
const allow = 0x7fff_0000;
const errno = 0x0005_0000;
const killProcess = 0x8000_0000;
const noArgs = [0n, 0n, 0n, 0n, 0n, 0n];

function profileOf(syscalls: SeccompRule[], more: Partial<SeccompProfile> = {}): SeccompProfile {
  return { defaultAction: "SCMP_ACT_ERRNO", defaultErrno: 1, architectures: x86, syscalls, ...more };
}

/**
 * Compares every number that any table knows, and some between and beyond, on each architecture that the profile lists, with what
 * the profile says. Returns what differs.
 */
function differences(profile: SeccompProfile, machine: string, argSets: readonly (readonly bigint[])[]): string[] {
  const wrong: string[] = [];
  const program = seccompProgram(profile, machine);
  for (const architecture of architecturesOf(machine)) {
    const { syscalls, narrow, audit, marked, name } = architecture;
    if (!profile.architectures.includes(name)) continue;
    const tables: [ReadonlyMap<string, number>, number][] = [[syscalls, 0]];
    if (marked && profile.architectures.includes(marked.name)) tables.push([marked.syscalls, marked.bit]);
    for (const [table, bit] of tables) {
      const names = new Map([...table].map(([syscall, number]) => [number, syscall]));
      const named = profile.syscalls.flatMap((rule) => rule.names).map((syscall) => table.get(syscall) ?? -1);
      const highest = Math.max(-1, ...named);
      for (let number = 0; number <= Math.max(...table.values()) + 3; number++) {
        for (const args of argSets) {
          const permits = ["SCMP_ACT_ALLOW", "SCMP_ACT_LOG"].includes(profile.defaultAction);
          const expected =
            number > highest && !permits ? errno + 38 : verdictOf(profile, names.get(number), args, narrow);
          const { value } = runFilter(program, { nr: number + bit, arch: audit, args });
          if (value !== expected) {
            const subject = `${name} ${names.get(number)} (${number + bit}) ${args.join(" ")}`;
            wrong.push(`${subject}: ${value.toString(16)}, not ${expected.toString(16)}`);
          }
        }
      }
    }
  }
  return wrong;
}

describe("a profile like Docker's", () => {
  const { syscalls } = architecturesOf("x64").at(0)!;
  const refused = new Set([
    "mount",
    "reboot",
    "ptrace",
    "init_module",
    "kexec_load",
    "clone",
    "clone3",
    "socket",
    "personality",
  ]);
  const profile = profileOf([
    { names: [...syscalls.keys()].filter((name) => !refused.has(name)), action: "SCMP_ACT_ALLOW" },
    {
      names: ["socket"],
      action: "SCMP_ACT_ALLOW",
      args: [{ index: 0, op: "SCMP_CMP_NE", value: 40n }],
    },
    ...[0n, 8n, 0x20000n, 0x20008n, 0xffffffffn].map((value): SeccompRule => ({
      names: ["personality"],
      action: "SCMP_ACT_ALLOW",
      args: [{ index: 0, op: "SCMP_CMP_EQ", value }],
    })),
    {
      names: ["clone"],
      action: "SCMP_ACT_ALLOW",
      args: [{ index: 0, op: "SCMP_CMP_MASKED_EQ", value: 0x7e020000n, valueTwo: 0n }],
    },
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errno: 38 },
  ]);
  const number = (name: string): number => syscalls.get(name)!;
  const program = seccompProgram(profile, "x64");
  const run = (name: string, ...args: bigint[]): number =>
    runFilter(program, { nr: number(name), arch: 0xc000003e, args: [...args, ...noArgs].slice(0, 6) }).value;

  test("allows, refuses and compares arguments", () => {
    expect(run("read")).toBe(allow);
    expect(run("mount")).toBe(errno + 1);
    expect(run("clone3")).toBe(errno + 38);
    expect(run("socket", 2n)).toBe(allow);
    expect(run("socket", 40n)).toBe(errno + 1);
    expect(run("personality", 0xffffffffn)).toBe(allow);
    expect(run("personality", 0xffffffff00000000n)).toBe(errno + 1);
    expect(run("clone", 0x11n)).toBe(allow);
    expect(run("clone", 0x10000011n)).toBe(errno + 1);
  });

  test("gives every system call of every architecture the profile's verdict", () => {
    const samples = [0n, 8n, 40n, 0x10000000n, 0x20008n, 0xffffffffn, 0xffffffffffffffffn, 1n << 40n];
    expect(
      differences(
        profile,
        "x64",
        samples.map((value) => [value, ...noArgs.slice(1)]),
      ),
    ).toEqual([]);
    expect(differences({ ...profile, architectures: ["SCMP_ARCH_AARCH64"] }, "arm64", [noArgs])).toEqual([]);
  });

  test("is short, and quick for what is called often", () => {
    expect(program.length / 8).toBeLessThan(450);
    for (const name of ["read", "write", "futex", "openat", "epoll_wait"]) {
      expect(runFilter(program, { nr: number(name), arch: 0xc000003e, args: noArgs }).steps).toBeLessThan(20);
    }
  });

  test("answers what is newer than the profile with ENOSYS, and what no table holds with its default", () => {
    for (const nr of [600, 0xffff_ffff]) {
      expect(runFilter(program, { nr, arch: 0xc000003e, args: noArgs }).value).toBe(errno + 38);
    }
    expect(runFilter(program, { nr: 400, arch: 0xc000003e, args: noArgs }).value).toBe(errno + 1);
  });

  test("kills what comes from an architecture that is not listed", () => {
    const only = seccompProgram({ ...profile, architectures: [] }, "x64");
    expect(runFilter(only, { nr: 0, arch: 0x40000003, args: noArgs }).value).toBe(killProcess);
    expect(runFilter(only, { nr: 0x40000000, arch: 0xc000003e, args: noArgs }).value).toBe(killProcess);
    expect(runFilter(only, { nr: 0, arch: 0xc000003e, args: noArgs }).value).toBe(allow);
  });
});

test("of several rules for one call the first that matches decides", () => {
  const greater = { index: 1, op: "SCMP_CMP_GT", value: 5n } as const;
  const profile = profileOf([
    { names: ["read"], action: "SCMP_ACT_ERRNO", errno: 7, args: [greater, { ...greater, index: 2 }] },
    { names: ["read"], action: "SCMP_ACT_TRAP", args: [greater] },
    { names: ["read"], action: "SCMP_ACT_ALLOW" },
    { names: ["read"], action: "SCMP_ACT_KILL" },
  ]);
  const program = seccompProgram(profile, "x64");
  const run = (...args: bigint[]): number => runFilter(program, { nr: 0, arch: 0xc000003e, args }).value;
  expect(run(0n, 6n, 6n)).toBe(errno + 7);
  expect(run(0n, 6n, 5n)).toBe(0x0003_0000);
  expect(run(0n, 5n, 6n)).toBe(allow);
});

const names = [...architecturesOf("x64").at(0)!.syscalls.keys()];
const word = fc.oneof(
  fc.constantFrom(0n, 1n, 0xffff_ffffn, 1n << 32n, (1n << 64n) - 1n),
  fc.bigInt(0n, (1n << 64n) - 1n),
);
const argument = fc.record({
  index: fc.nat(5),
  value: word,
  valueTwo: word,
  op: fc.constantFrom(
    ...([
      "SCMP_CMP_NE",
      "SCMP_CMP_LT",
      "SCMP_CMP_LE",
      "SCMP_CMP_EQ",
      "SCMP_CMP_GE",
      "SCMP_CMP_GT",
      "SCMP_CMP_MASKED_EQ",
    ] as const),
  ),
});
const action = fc.constantFrom(
  ...([
    "SCMP_ACT_ALLOW",
    "SCMP_ACT_ERRNO",
    "SCMP_ACT_KILL",
    "SCMP_ACT_KILL_PROCESS",
    "SCMP_ACT_TRAP",
    "SCMP_ACT_LOG",
  ] as const),
);
const rule = fc.record({
  names: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 60 }),
  action,
  errno: fc.nat(4095),
  args: fc.array(argument, { maxLength: 3 }),
});

test("any profile is assembled into what it says", () => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 40 }),
      action,
      fc.array(fc.array(word, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 3 }),
      (rules, defaultAction, argSets) => {
        const values = rules.flatMap(({ args }) => args.map(({ value }) => value));
        const near = values.slice(0, 4).map((value) => [value, value, value, value, value, value]);
        expect(differences(profileOf(rules, { defaultAction }), "x64", [...argSets, ...near])).toEqual([]);
      },
    ),
    { numRuns: 40 },
  );
});

test("jumps farther than 255 instructions are bridged", () => {
  // Alternate verdicts give every call a range of its own, and six comparisons each make the program long.
  const rules = names.map((name, index): SeccompRule => ({
    names: [name],
    action: index % 2 ? "SCMP_ACT_ALLOW" : "SCMP_ACT_LOG",
    args: [{ index: index % 6, op: "SCMP_CMP_GE", value: BigInt(index) << 30n }],
  }));
  const profile = profileOf(rules);
  expect(seccompProgram(profile, "x64").length / 8).toBeGreaterThan(1500);
  expect(differences(profile, "x64", [noArgs, noArgs.map(() => 1n << 38n)])).toEqual([]);
});

test.each([
  [{ defaultAction: "SCMP_ACT_NOTIFY" as never }, "SCMP_ACT_NOTIFY"],
  [{ syscalls: [{ names: ["read"], action: "SCMP_ACT_ERRNO" as const, errno: 5000 }] }, "errno 5000"],
  [
    {
      syscalls: [
        {
          names: ["read"],
          action: "SCMP_ACT_ALLOW" as const,
          args: [{ index: 6, op: "SCMP_CMP_EQ" as const, value: 0n }],
        },
      ],
    },
    "index 6",
  ],
  [
    {
      syscalls: [
        {
          names: ["read"],
          action: "SCMP_ACT_ALLOW" as const,
          args: [{ index: 0, op: "SCMP_CMP_EQ" as const, value: -1n }],
        },
      ],
    },
    "value -1",
  ],
])("refuses a malformed profile %#", (change, named) => {
  expect(() => seccompProgram({ ...profileOf([]), ...change }, "x64")).toThrow(named);
});

test("a machine without tables is unsupported", () => {
  expect(() => seccompProgram(profileOf([]), "riscv64")).toThrow(EngineError);
});
