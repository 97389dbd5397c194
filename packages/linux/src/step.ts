/**
 * The helper's instructions. TypeScript decides what is done, the helper only does it: a program is a flat list of steps,
 * run in order; the first that fails ends the program and is reported by its index and errno. A step marked `optional`
 * may fail without ending the program.
 */
export type Step = StepBody & { optional?: boolean };

type StepBody =
  /** unshare(2) with CLONE_NEW… flags. */
  | { do: "unshare"; flags: number }
  /** setns(2) into the namespace that the path names. */
  | { do: "setns"; path: string; type: number }
  /** mount(2). A missing target is made (a directory) when `create` is set. */
  | { do: "mount"; source: string; target: string; type: string; flags: number; data: string; create?: boolean }
  /** Changes the propagation or the flags of the mount at target, keeping the flags that it has. */
  | { do: "remount"; target: string; flags: number; recursive?: boolean }
  | { do: "unmount"; target: string; flags: number }
  /**
   * open_tree(2) with OPEN_TREE_CLONE: keeps a copy of a host mount in a slot (0 … 63), to be put into place after the root
   * has changed.
   */
  | { do: "open-tree"; slot: number; source: string; recursive: boolean }
  /** move_mount(2) of a slot; a missing target is made as directory or file, as the source is. `attributes` as in mount_setattr(2). */
  | { do: "move-mount"; slot: number; target: string; attributes: number; recursive: boolean; propagation: number }
  /** A directory with its missing parents. One that is there is left as it is. */
  | { do: "make-directory"; path: string; mode: number; uid: number; gid: number }
  | { do: "symlink"; target: string; path: string }
  /** mknod(2), then exact mode and owner. Replaces nothing: an existing node of the same kind is kept. */
  | { do: "make-node"; path: string; mode: number; major: number; minor: number; uid: number; gid: number }
  /** Binds a file or directory of this root on another place in it; the target is made when missing. */
  | { do: "bind"; source: string; target: string }
  /** Hides a path: an empty read-only directory or /dev/null over it. A missing path is no error. */
  | { do: "mask"; path: string }
  /** Makes a path read-only, with what is mounted beneath. A missing path is no error. */
  | { do: "read-only"; path: string }
  /** Opens an existing file for writing and writes all bytes at once. */
  | { do: "write-file"; path: string; data: string }
  /** Writes to /proc/CHILD/NAME of the process that was cloned; in `afterClone` only. */
  | { do: "write-child"; name: string; data: string }
  /** pivot_root(2) into a directory that is a mount; the old root is gone afterwards. */
  | { do: "pivot-root"; path: string }
  | { do: "chroot"; path: string }
  /** A missing directory is made with its parents when `create` is set. */
  | { do: "change-directory"; path: string; create: boolean; uid: number; gid: number }
  | { do: "hostname"; name: string }
  | { do: "domainname"; name: string }
  | { do: "rlimit"; resource: number; soft: bigint; hard: bigint }
  | { do: "umask"; mask: number }
  | { do: "set-session" }
  /**
   * Opens a pseudo-terminal of the container's devpts, makes it controlling terminal and stdio, binds it on /dev/console
   * (not when `console` is false: a second process leaves the first one's console alone).
   */
  | { do: "terminal"; rows: number; columns: number; uid: number; console?: boolean }
  | { do: "set-groups"; gids: readonly number[] }
  | { do: "set-gid"; gid: number }
  | { do: "set-uid"; uid: number }
  /** PR_SET_KEEPCAPS for the set-uid that follows. */
  | { do: "keep-capabilities" }
  /** Drops every capability from the bounding set that is not in the mask. */
  | { do: "bounding-set"; mask: bigint }
  | { do: "capability-set"; effective: bigint; permitted: bigint; inheritable: bigint }
  | { do: "ambient-set"; mask: bigint }
  | { do: "no-new-privileges" }
  /** PR_SET_PDEATHSIG: the process dies with its monitor. A change of uid or gid undoes it, so it comes after. */
  | { do: "death-signal"; signal: number }
  /** A netlink request whose acknowledgement is awaited. `protocol`: 0 for rtnetlink, 12 for nfnetlink. */
  | { do: "netlink"; protocol: number; message: Uint8Array }
  /** seccomp(2) with a classic BPF program (struct sock_filter array). */
  | { do: "seccomp"; program: Uint8Array; flags: number }
  /** Waits until the client says start. Everything before it belongs to `create`, everything after it to `start`. */
  | { do: "barrier" }
  /** Looks `argv[0]` up in PATH of `env`, closes all other descriptors and executes it. */
  | { do: "execute"; argv: readonly string[]; env: readonly string[] };

/** What a monitor is told to run. */
export interface LaunchProgram {
  /** CLONE_NEW… flags of the process. */
  cloneFlags: number;
  /** In the monitor, before the process is cloned (joins a pid namespace). */
  beforeClone: readonly Step[];
  /** In the monitor, while the process waits (id maps, limits). */
  afterClone: readonly Step[];
  /** In the process; the last is `execute`. */
  process: readonly Step[];
  openStdin: boolean;
  /** Bytes of output kept in the record. */
  outputLimit: number;
}

/** A step that failed, as the helper reported it. */
export interface StepFailure {
  phase: "before-clone" | "after-clone" | "process";
  index: number;
  errno: number;
  /** `ENOENT` … */
  errnoName: string;
}
