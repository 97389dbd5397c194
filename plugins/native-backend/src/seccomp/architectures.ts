import { syscallsAarch64 } from "./syscalls-aarch64.ts";
import { syscallsI386 } from "./syscalls-i386.ts";
import { syscallsX32 } from "./syscalls-x32.ts";
import { syscallsX86_64 } from "./syscalls-x86-64.ts";

/** Numbers by name. */
export type SyscallTable = ReadonlyMap<string, number>;

/** What the kernel reports in `seccomp_data.arch`, and the system calls behind it. */
export interface SeccompArchitecture {
  /** As in the OCI runtime specification. */
  readonly name: string;
  /** AUDIT_ARCH_… */
  readonly audit: number;
  /** Whether arguments have 32 bits. */
  readonly narrow: boolean;
  readonly syscalls: SyscallTable;
  /** x32 reports the architecture of x86_64 and marks its numbers with a bit. */
  readonly marked?: { readonly name: string; readonly bit: number; readonly syscalls: SyscallTable };
}

const tables = {
  x64: (): SeccompArchitecture[] => [
    {
      name: "SCMP_ARCH_X86_64",
      audit: 0xc000_003e,
      narrow: false,
      syscalls: parse(syscallsX86_64),
      marked: { name: "SCMP_ARCH_X32", bit: 0x4000_0000, syscalls: parse(syscallsX32) },
    },
    { name: "SCMP_ARCH_X86", audit: 0x4000_0003, narrow: true, syscalls: parse(syscallsI386) },
  ],
  arm64: (): SeccompArchitecture[] => [
    { name: "SCMP_ARCH_AARCH64", audit: 0xc000_00b7, narrow: false, syscalls: parse(syscallsAarch64) },
  ],
};

const parsed = new Map<string, readonly SeccompArchitecture[]>();

/**
 * The architectures that a machine runs, its own first.
 * @param machine as Node names it: `x64`, `arm64`; none for others
 */
export function architecturesOf(machine: string): readonly SeccompArchitecture[] {
  let architectures = parsed.get(machine);
  if (!architectures) {
    architectures = machine === "x64" || machine === "arm64" ? tables[machine]() : [];
    parsed.set(machine, architectures);
  }
  return architectures;
}

function parse(text: string): SyscallTable {
  return new Map(
    text
      .trim()
      .split(/\s+/)
      .map((entry) => {
        const [name = "", number] = entry.split("=");
        return [name, Number(number)];
      }),
  );
}
