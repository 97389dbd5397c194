/** What a plugin's probe may know of the machine. Gathered once, at the kernel's start. */
export interface HostFacts {
  readonly platform: string;
  /** As Node names it: `x64`, `arm64`. */
  readonly architecture: string;
  /** `6.1.0-18-amd64` */
  readonly kernelRelease: string;
  /** Effective user id. */
  readonly uid: number;
  /** File systems that the kernel lists in /proc/filesystems. */
  readonly filesystems: ReadonlySet<string>;
  /** The controllers of cgroup v1 that are mounted, with their mount points. */
  readonly cgroup1: ReadonlyMap<string, string>;
  /** The mount point of cgroup v2 and its controllers, where it is mounted. */
  readonly cgroup2: { mountPoint: string; controllers: ReadonlySet<string> } | undefined;
  /** The absolute path of a program on PATH. */
  program(name: string): string | undefined;
}

export type Support = { supported: true } | { supported: false; reason: string };

export function supported(): Support {
  return { supported: true };
}

/** @param reason one line, with the remedy where there is one */
export function unsupported(reason: string): Support {
  return { supported: false, reason };
}
