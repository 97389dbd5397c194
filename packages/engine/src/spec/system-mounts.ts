import type { MountSpec } from "@gantry/core";

export interface SystemMountOptions {
  /** Bytes of /dev/shm. */
  shmSize: number;
  privileged: boolean;
  /** Whether there is a control group to show. */
  cgroup: boolean;
}

/** The file systems that every container has, as Docker mounts them. */
export function systemMounts({ shmSize, privileged, cgroup }: SystemMountOptions): readonly MountSpec[] {
  const restricted = ["nosuid", "noexec", "nodev"];
  const access = privileged ? "rw" : "ro";
  return [
    mount("proc", "proc", "/proc", restricted),
    mount("tmpfs", "tmpfs", "/dev", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    mount("sysfs", "sysfs", "/sys", [...restricted, access]),
    mount("devpts", "devpts", "/dev/pts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
    mount("mqueue", "mqueue", "/dev/mqueue", restricted),
    mount("tmpfs", "shm", "/dev/shm", [...restricted, "mode=1777", `size=${shmSize}`]),
    // The type `cgroup` stands for the container's own groups, of whichever version, as OCI runtimes read it.
    ...(cgroup ? [mount("cgroup", "cgroup", "/sys/fs/cgroup", [...restricted, access])] : []),
  ];
}

function mount(type: string, source: string, destination: string, options: readonly string[]): MountSpec {
  return { type, source, destination, options };
}
