import type { Mount } from "./mounter.ts";

/**
 * What an isolation backend is asked to run: the vocabulary of the OCI runtime specification 1.2 (`config.json`), so that a
 * backend over an OCI runtime writes it down nearly as it is, with one difference: the root file system is given as mounts
 * and not as a directory, so that a backend can mount it inside the container's own mount namespace.
 */
export interface RuntimeSpec {
  process: ProcessSpec;
  root: {
    /** Applied in order onto one empty directory that the backend provides. */
    mounts: readonly Mount[];
    readonly: boolean;
  };
  /** `undefined` leaves the host's name (only with the host's uts namespace). */
  hostname?: string;
  domainname?: string;
  /** In order; destinations are absolute inside the container and are made when missing. */
  mounts: readonly MountSpec[];
  /** Namespaces that are new for this container, or joined by path. One that is not listed is the host's. */
  namespaces: readonly NamespaceSpec[];
  uidMappings?: readonly IdMapping[];
  gidMappings?: readonly IdMapping[];
  /** Nodes made in /dev. */
  devices: readonly DeviceNode[];
  /** By name: `net.ipv4.ip_unprivileged_port_start`. */
  sysctl: Readonly<Record<string, string>>;
  seccomp?: SeccompProfile;
  maskedPaths: readonly string[];
  readonlyPaths: readonly string[];
  /** Propagation of the root mount. */
  rootfsPropagation?: "private" | "slave" | "shared";
  annotations: Readonly<Record<string, string>>;
}

export interface ProcessSpec {
  /** `args[0]` is looked up in the PATH of `env`, inside the container. */
  args: readonly string[];
  /** `NAME=value` each. */
  env: readonly string[];
  /** Absolute; made when missing. */
  cwd: string;
  user: ProcessUser;
  capabilities: CapabilitySets;
  rlimits: readonly ResourceLimit[];
  noNewPrivileges: boolean;
  /** A pseudo-terminal instead of pipes. */
  terminal: boolean;
  consoleSize?: ConsoleSize;
  oomScoreAdj?: number;
}

export interface ProcessUser {
  uid: number;
  gid: number;
  additionalGids: readonly number[];
  umask?: number;
}

/** Names as `CAP_NET_RAW`. */
export interface CapabilitySets {
  bounding: readonly string[];
  effective: readonly string[];
  permitted: readonly string[];
  inheritable: readonly string[];
  ambient: readonly string[];
}

export interface ResourceLimit {
  /** `RLIMIT_NOFILE` … */
  type: string;
  soft: number;
  hard: number;
}

/** In characters. */
export interface ConsoleSize {
  rows: number;
  columns: number;
}

export interface MountSpec extends Mount {
  destination: string;
}

export type NamespaceType = "mount" | "pid" | "network" | "ipc" | "uts" | "cgroup" | "user" | "time";

export interface NamespaceSpec {
  type: NamespaceType;
  /** Joins this one instead of making a new one: `/proc/PID/ns/net`. */
  path?: string;
}

export interface IdMapping {
  containerId: number;
  hostId: number;
  size: number;
}

export interface DeviceNode {
  path: string;
  type: "character" | "block" | "fifo";
  major: number;
  minor: number;
  mode: number;
  uid: number;
  gid: number;
}

/** As in the OCI runtime specification, "Seccomp". */
export interface SeccompProfile {
  defaultAction: SeccompAction;
  /** For actions that return an errno. */
  defaultErrno?: number;
  /** `SCMP_ARCH_X86_64` … ; the backend adds its own where the list is empty. */
  architectures: readonly string[];
  /** The first rule that matches decides. */
  syscalls: readonly SeccompRule[];
}

export type SeccompAction =
  | "SCMP_ACT_ALLOW"
  | "SCMP_ACT_ERRNO"
  | "SCMP_ACT_KILL"
  | "SCMP_ACT_KILL_PROCESS"
  | "SCMP_ACT_TRAP"
  | "SCMP_ACT_LOG";

export interface SeccompRule {
  names: readonly string[];
  action: SeccompAction;
  errno?: number;
  /** All must hold. */
  args?: readonly SeccompArgument[];
}

export interface SeccompArgument {
  index: number;
  value: bigint;
  /** The second operand of `SCMP_CMP_MASKED_EQ`: (argument & value) == valueTwo. */
  valueTwo?: bigint;
  op:
    | "SCMP_CMP_NE"
    | "SCMP_CMP_LT"
    | "SCMP_CMP_LE"
    | "SCMP_CMP_EQ"
    | "SCMP_CMP_GE"
    | "SCMP_CMP_GT"
    | "SCMP_CMP_MASKED_EQ";
}
