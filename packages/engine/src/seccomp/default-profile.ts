import { allowedSyscalls } from "./allowed-syscalls.ts";
import { argument } from "./seccomp-template.ts";
import type { SeccompTemplate, TemplateRule } from "./seccomp-template.ts";

const eperm = 1;
const enosys = 38;
/** The address family of virtual-machine sockets, which no namespace confines. */
const vsockFamily = 40n;
/** CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}: what `clone` must not be asked for without CAP_SYS_ADMIN. */
const namespaceFlags = 0x7e020000n;
/** PER_LINUX, PER_LINUX32, UNAME26, PER_LINUX32 | UNAME26, and the query. */
const personalities = [0x0n, 0x8n, 0x20000n, 0x20008n, 0xffffffffn];

/** Docker's default: refuse with EPERM what is not listed. */
export const defaultSeccompTemplate: SeccompTemplate = {
  defaultAction: "SCMP_ACT_ERRNO",
  defaultErrno: eperm,
  architectures: [],
  rules: [
    allow(allowedSyscalls),
    { ...allow(["process_vm_readv", "process_vm_writev", "ptrace"]), includes: { minimumKernel: "4.8" } },
    { ...allow(["socket"]), args: [argument(0, "SCMP_CMP_NE", vsockFamily)] },
    ...personalities.map((value) => ({ ...allow(["personality"]), args: [argument(0, "SCMP_CMP_EQ", value)] })),
    onArchitectures(["ppc64le"], ["sync_file_range2", "swapcontext"]),
    onArchitectures(
      ["arm", "arm64"],
      ["arm_fadvise64_64", "arm_sync_file_range", "sync_file_range2", "breakpoint", "cacheflush", "set_tls"],
    ),
    onArchitectures(["amd64", "x32"], ["arch_prctl"]),
    onArchitectures(["amd64", "x32", "x86"], ["modify_ldt"]),
    onArchitectures(["s390", "s390x"], ["s390_pci_mmio_read", "s390_pci_mmio_write", "s390_runtime_instr"]),
    onArchitectures(["riscv64"], ["riscv_flush_icache"]),
    ...withCapabilities(),
    {
      ...allow(["clone"]),
      args: [argument(0, "SCMP_CMP_MASKED_EQ", namespaceFlags, 0n)],
      excludes: { capabilities: ["CAP_SYS_ADMIN"], architectures: ["s390", "s390x"] },
    },
    {
      ...allow(["clone"]),
      args: [argument(1, "SCMP_CMP_MASKED_EQ", namespaceFlags, 0n)],
      includes: { architectures: ["s390", "s390x"] },
      excludes: { capabilities: ["CAP_SYS_ADMIN"] },
    },
    // Its flags lie in memory, where no filter can read them; the C library falls back to clone on this errno.
    {
      names: ["clone3"],
      action: "SCMP_ACT_ERRNO",
      errno: enosys,
      excludes: { capabilities: ["CAP_SYS_ADMIN"] },
    },
  ],
};

function withCapabilities(): readonly TemplateRule[] {
  const groups: Readonly<Record<string, string>> = {
    CAP_DAC_READ_SEARCH: "open_by_handle_at",
    CAP_SYS_ADMIN:
      "bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount " +
      "open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare",
    CAP_SYS_BOOT: "reboot",
    CAP_SYS_CHROOT: "chroot",
    CAP_SYS_MODULE: "delete_module init_module finit_module",
    CAP_SYS_PACCT: "acct",
    CAP_SYS_PTRACE: "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
    CAP_SYS_RAWIO: "iopl ioperm",
    CAP_SYS_TIME: "settimeofday stime clock_settime clock_settime64",
    CAP_SYS_TTY_CONFIG: "vhangup",
    CAP_SYS_NICE: "get_mempolicy mbind set_mempolicy set_mempolicy_home_node",
    CAP_SYSLOG: "syslog",
    CAP_BPF: "bpf",
    CAP_PERFMON: "perf_event_open",
  };
  return Object.entries(groups).map(([capability, names]) => ({
    ...allow(names.split(" ")),
    includes: { capabilities: [capability] },
  }));
}

function onArchitectures(architectures: readonly string[], names: readonly string[]): TemplateRule {
  return { ...allow(names), includes: { architectures } };
}

function allow(names: readonly string[]): TemplateRule {
  return { names, action: "SCMP_ACT_ALLOW" };
}
