import { describe, expect, it } from "vitest";

import type { HostConfig } from "../src/engine.ts";
import { completeHostConfig, mergeConfig } from "../src/containers/container-config.ts";
import { runtimeSpec } from "../src/spec/runtime-spec.ts";
import { noImageDefaults } from "@gantry/oci";
import type { ContainerConfig } from "../src/engine.ts";

const id = "0123456789ab".padEnd(64, "0");
const rootUser = { uid: 0, gid: 0, additionalGids: [], home: "/root" };

const init = { path: "/host/init", arguments: ["init", "--"] };

function specOf(config: Partial<ContainerConfig> = {}, hostConfig: Partial<HostConfig> = {}, user = rootUser) {
  const merged = mergeConfig({ image: "busybox", command: ["true"], ...config }, noImageDefaults, {
    id,
    hostname: undefined,
  });
  const [path = "", ...args] = [...merged.entrypoint, ...merged.command];
  const container = { config: merged, hostConfig: completeHostConfig(hostConfig, "json-file"), path, args };
  return runtimeSpec({ container, user, root: [], mounts: [], cgroup: true, init });
}

const fourteen = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_MKNOD",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
];

describe("the runtime spec of busybox true", () => {
  const { seccomp, maskedPaths, ...spec } = specOf();

  it("is Docker's", () => {
    expect(spec).toEqual({
      process: {
        args: ["true"],
        env: [
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
          "HOSTNAME=0123456789ab",
          "HOME=/root",
        ],
        cwd: "/",
        user: { uid: 0, gid: 0, additionalGids: [] },
        capabilities: { bounding: fourteen, effective: fourteen, permitted: fourteen, inheritable: [], ambient: [] },
        rlimits: [],
        noNewPrivileges: false,
        terminal: false,
      },
      root: { mounts: [], readonly: false },
      hostname: "0123456789ab",
      mounts: [
        { type: "proc", source: "proc", destination: "/proc", options: ["nosuid", "noexec", "nodev"] },
        {
          type: "tmpfs",
          source: "tmpfs",
          destination: "/dev",
          options: ["nosuid", "strictatime", "mode=755", "size=65536k"],
        },
        { type: "sysfs", source: "sysfs", destination: "/sys", options: ["nosuid", "noexec", "nodev", "ro"] },
        {
          type: "devpts",
          source: "devpts",
          destination: "/dev/pts",
          options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
        },
        { type: "mqueue", source: "mqueue", destination: "/dev/mqueue", options: ["nosuid", "noexec", "nodev"] },
        {
          type: "tmpfs",
          source: "shm",
          destination: "/dev/shm",
          options: ["nosuid", "noexec", "nodev", "mode=1777", "size=67108864"],
        },
        {
          type: "cgroup",
          source: "cgroup",
          destination: "/sys/fs/cgroup",
          options: ["nosuid", "noexec", "nodev", "ro"],
        },
      ],
      namespaces: [
        { type: "mount" },
        { type: "pid" },
        { type: "ipc" },
        { type: "uts" },
        { type: "network" },
        { type: "cgroup" },
      ],
      devices: ["null 1 3", "zero 1 5", "full 1 7", "random 1 8", "urandom 1 9", "tty 5 0"].map((text) => {
        const [name, major, minor] = text.split(" ");
        return {
          path: `/dev/${name}`,
          type: "character",
          major: Number(major),
          minor: Number(minor),
          mode: 0o666,
          uid: 0,
          gid: 0,
        };
      }),
      sysctl: { "net.ipv4.ping_group_range": "0 2147483647", "net.ipv4.ip_unprivileged_port_start": "0" },
      readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
      rootfsPropagation: "private",
      annotations: {},
    });
    expect(maskedPaths).toContain("/proc/kcore");
    expect(maskedPaths).toContain("/sys/devices/system/cpu/cpu0/thermal_throttle");
    expect(maskedPaths.filter((path) => !path.includes("thermal"))).toHaveLength(12);
  });

  it("refuses what the default seccomp profile does not list", () => {
    expect(seccomp).toMatchObject({ defaultAction: "SCMP_ACT_ERRNO", defaultErrno: 1 });
    const rulesFor = (name: string) => seccomp!.syscalls.filter(({ names }) => names.includes(name));
    expect(seccomp!.syscalls[0]!.names).toHaveLength(360);
    expect(new Set(seccomp!.syscalls[0]!.names).size).toBe(360);
    for (const name of [
      "mount",
      "reboot",
      "init_module",
      "bpf",
      "setns",
      "unshare",
      "keyctl",
      "io_uring_setup",
      "kexec_load",
    ]) {
      expect(rulesFor(name), name).toEqual([]);
    }
    expect(rulesFor("clone")).toEqual([
      {
        names: ["clone"],
        action: "SCMP_ACT_ALLOW",
        args: [{ index: 0, value: 0x7e020000n, valueTwo: 0n, op: "SCMP_CMP_MASKED_EQ" }],
      },
    ]);
    expect(rulesFor("clone3")).toEqual([{ names: ["clone3"], action: "SCMP_ACT_ERRNO", errno: 38 }]);
    expect(rulesFor("socket")[0]!.args).toEqual([{ index: 0, value: 40n, op: "SCMP_CMP_NE" }]);
    expect(rulesFor("personality").map(({ args }) => args![0]!.value)).toEqual([
      0n,
      8n,
      0x20000n,
      0x20008n,
      0xffffffffn,
    ]);
    expect(rulesFor("chroot")).toHaveLength(1);
    expect(rulesFor("ptrace")).toHaveLength(1);
  });
});

describe("the runtime spec's options", () => {
  it("opens system calls with their capability", () => {
    const { seccomp } = specOf({}, { capabilitiesAdd: ["SYS_ADMIN"] });
    const names = seccomp!.syscalls.flatMap((rule) => (rule.args ? [] : rule.names));
    expect(names).toEqual(expect.arrayContaining(["mount", "unshare", "clone", "clone3"]));
  });

  it("gives a privileged container everything", () => {
    const spec = specOf({}, { privileged: true });
    expect(spec.seccomp).toBeUndefined();
    expect(spec.maskedPaths).toEqual([]);
    expect(spec.readonlyPaths).toEqual([]);
    expect(spec.process.capabilities.bounding).toHaveLength(41);
    expect(spec.mounts.find(({ destination }) => destination === "/sys")!.options).toContain("rw");
  });

  it("adds and drops capabilities", () => {
    const bounding = (add: string[], drop: string[]) =>
      specOf({}, { capabilitiesAdd: add, capabilitiesDrop: drop }).process.capabilities.bounding;
    expect(bounding([], ["ALL"])).toEqual([]);
    expect(bounding(["net_admin"], ["all"])).toEqual(["CAP_NET_ADMIN"]);
    expect(bounding(["ALL"], ["SYS_ADMIN"])).toHaveLength(40);
    expect(bounding(["CAP_NET_ADMIN"], ["MKNOD"])).toEqual([
      ...fourteen.filter((name) => name !== "CAP_MKNOD"),
      "CAP_NET_ADMIN",
    ]);
    expect(() => bounding(["NONSENSE"], [])).toThrow('invalid CapAdd: unknown capability: "CAP_NONSENSE"');
  });

  it("gives a user other than root no capability in force", () => {
    const { capabilities } = specOf({}, {}, { uid: 7, gid: 7, additionalGids: [], home: "/" }).process;
    expect(capabilities).toEqual({ bounding: fourteen, effective: [], permitted: [], inheritable: [], ambient: [] });
  });

  it("shares the host's network without touching its parameters", () => {
    const spec = specOf({}, { networkMode: "host" });
    expect(spec.namespaces).not.toContainEqual({ type: "network" });
    expect(spec.sysctl).toEqual({});
    expect(() => specOf({}, { networkMode: "host", sysctls: { "net.core.somaxconn": "1" } })).toThrow(
      "not allowed in host network",
    );
  });

  it("takes kernel parameters that are the container's own only", () => {
    expect(
      specOf({}, { sysctls: { "kernel.shmmax": "1", "net.ipv4.ip_unprivileged_port_start": "80" } }).sysctl,
    ).toEqual({
      "kernel.shmmax": "1",
      "net.ipv4.ping_group_range": "0 2147483647",
      "net.ipv4.ip_unprivileged_port_start": "80",
    });
    expect(() => specOf({}, { sysctls: { "vm.swappiness": "1" } })).toThrow(
      'sysctl "vm.swappiness" is not in a separate kernel',
    );
  });

  it("reads security options", () => {
    expect(specOf({}, { securityOptions: ["seccomp=unconfined"] }).seccomp).toBeUndefined();
    expect(specOf({}, { securityOptions: ["no-new-privileges"] }).process.noNewPrivileges).toBe(true);
    expect(specOf({}, { securityOptions: ["no-new-privileges:false"] }).process.noNewPrivileges).toBe(false);
    const profile = JSON.stringify({
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [
        { names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 13, args: [{ index: 1, value: 5, op: "SCMP_CMP_EQ" }] },
        { name: "rmdir", action: "SCMP_ACT_KILL", includes: { caps: ["CAP_SYS_ADMIN"] } },
      ],
    });
    expect(specOf({}, { securityOptions: [`seccomp=${profile}`] }).seccomp).toMatchObject({
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [
        { names: ["mkdir"], action: "SCMP_ACT_ERRNO", errno: 13, args: [{ index: 1, value: 5n, op: "SCMP_CMP_EQ" }] },
      ],
    });
    for (const bad of ["seccomp={", 'seccomp={"defaultAction":"NO"}', "apparmor=x", "nonsense"]) {
      expect(() => specOf({}, { securityOptions: [bad] }), bad).toThrow(
        /Decoding seccomp profile failed|invalid --security-opt/,
      );
    }
  });

  it("reads ulimits", () => {
    expect(specOf({}, { ulimits: [{ name: "nofile", soft: 5, hard: 9 }] }).process.rlimits).toEqual([
      { type: "RLIMIT_NOFILE", soft: 5, hard: 9 },
    ]);
    expect(() => specOf({}, { ulimits: [{ name: "nofile", soft: 9, hard: 5 }] })).toThrow(
      "ulimit soft limit must be less than",
    );
    expect(() => specOf({}, { ulimits: [{ name: "open", soft: 1, hard: 1 }] })).toThrow("invalid ulimit type: open");
  });

  it("sets the environment", () => {
    const env = (config: Partial<ContainerConfig>) => specOf(config).process.env;
    expect(env({ terminal: true })).toContain("TERM=xterm");
    expect(env({ env: ["PATH=/x", "A=1", "B=2", "A=3", "B", "HOME=/h"] })).toEqual([
      "PATH=/x",
      "HOSTNAME=0123456789ab",
      "A=3",
      "HOME=/h",
    ]);
  });

  it("puts an init before the command", () => {
    const { process, mounts } = specOf({ command: ["sleep", "1"] }, { init: true });
    expect(process.args).toEqual(["/sbin/docker-init", "init", "--", "sleep", "1"]);
    expect(mounts).toContainEqual({
      type: "bind",
      source: "/host/init",
      destination: "/sbin/docker-init",
      options: ["bind", "ro", "rprivate"],
    });
    const hostConfig = completeHostConfig({ init: true }, "json-file");
    const config = mergeConfig({ image: "x", command: ["y"] }, noImageDefaults, { id, hostname: undefined });
    const container = { config, hostConfig, path: "y", args: [] };
    expect(() => runtimeSpec({ container, user: rootUser, root: [], mounts: [], cgroup: true })).toThrow(
      "this isolation backend has no init",
    );
  });

  it("refuses what it cannot mean", () => {
    expect(() => specOf({ workingDirectory: "tmp" })).toThrow(
      "the working directory 'tmp' is invalid, it needs to be an absolute path",
    );
    expect(() => specOf({ command: [] })).toThrow("No command specified");
    expect(() => specOf({ hostname: "a b" })).toThrow("invalid hostname format: a b");
    expect(() => specOf({ env: ["=x"] })).toThrow("its name is empty");
    expect(() => specOf({ env: ["SECRET=hunter2\0"] })).toThrow(/^(?!.*hunter2)/);
    expect(() => specOf({ stopSignal: "SIGNONE" })).toThrow("Invalid signal: SIGNONE");
    expect(() => specOf({}, { oomScoreAdj: 2000 })).toThrow("range for oom score adj is [-1000, 1000]");
    expect(() => specOf({}, { logDriver: { name: "syslog", options: {} } })).toThrow(
      "no log driver named 'syslog' is registered",
    );
  });

  it("merges the image's command and entry point as Docker does", () => {
    const image = { ...noImageDefaults, entrypoint: ["/entry"], command: ["default"] };
    const merge = (config: Partial<ContainerConfig>) => {
      const merged = mergeConfig({ image: "x", ...config }, image, { id, hostname: undefined });
      return [...merged.entrypoint, ...merged.command];
    };
    expect(merge({})).toEqual(["/entry", "default"]);
    expect(merge({ command: ["own"] })).toEqual(["/entry", "own"]);
    expect(merge({ entrypoint: ["/own"] })).toEqual(["/own"]);
    expect(merge({ entrypoint: [], command: ["own"] })).toEqual(["own"]);
    expect(merge({ entrypoint: [""], command: ["own"] })).toEqual(["own"]);
    expect(() => merge({ entrypoint: [] })).toThrow("No command specified");
  });
});
