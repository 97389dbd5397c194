import type { LimitGroup, MountSpec, RuntimeSpec } from "@gantry/core";
import type { Step } from "@gantry/linux";
import { describe, expect, test } from "vitest";

import { capabilityMask, capabilityNames } from "../src/capabilities.ts";
import { compileContainer } from "../src/compile-container.ts";
import { compileExec } from "../src/compile-exec.ts";
import { sysctlPath } from "../src/sysctl-path.ts";
import { capabilitySets, defaultCapabilities, processOf, specOf } from "./fixtures/specs.ts";

const options = { stateDirectory: "/state", openStdin: false };
const seccomp = new Uint8Array(8);
const all = (1n << 41n) - 1n;

function compile(more: Partial<RuntimeSpec> = {}, limits?: LimitGroup) {
  const context = { staging: "/run/root", seccomp, capabilities: all };
  return compileContainer(specOf("/image", ["true"], more), { ...options, ...(limits && { limits }) }, context);
}

function verbs(steps: readonly Step[]): string[] {
  return steps.map((step) => step.do);
}

/** Whether the verbs occur in this order, with others between them. */
function expectOrder(steps: readonly Step[], ...wanted: string[]): void {
  const found = verbs(steps).filter((verb) => wanted.includes(verb));
  expect([...new Set(found)]).toEqual(wanted);
}

function bind(destination: string, source: string, ...bindOptions: string[]): MountSpec {
  return { destination, type: "bind", source, options: bindOptions };
}

describe("a container's program", () => {
  test("goes from the host into the root, and from rights to none", () => {
    const { process, cloneFlags } = compile({
      mounts: [bind("/data", "/host", "rbind")],
      sysctl: { "net.core.somaxconn": "1" },
    });
    expectOrder(
      process,
      "unshare",
      "remount",
      "open-tree",
      "mount",
      "pivot-root",
      "move-mount",
      "make-node",
      "netlink",
      "mask",
      "read-only",
      "hostname",
      "umask",
      "bounding-set",
      "set-groups",
      "set-gid",
      "set-uid",
      "capability-set",
      "death-signal",
      "barrier",
      "seccomp",
      "ambient-set",
      "execute",
    );
    // mount, uts, ipc, pid, net; the cgroup namespace comes later.
    expect(cloneFlags).toBe(0x6c02_0000);
  });

  test("with no_new_privs the filter is the last before the execution", () => {
    const { process } = compile({ process: processOf(["true"], { noNewPrivileges: true }) });
    expect(verbs(process).slice(-6)).toEqual([
      "ambient-set",
      "no-new-privileges",
      "death-signal",
      "barrier",
      "seccomp",
      "execute",
    ]);
  });

  test("without it, CAP_SYS_ADMIN is kept until the filter is loaded, and not longer", () => {
    const steps = compile({ process: processOf(["true"], { user: { uid: 7, gid: 7, additionalGids: [] } }) }).process;
    const sets = steps.filter((step) => step.do === "capability-set");
    const wanted = capabilityMask(defaultCapabilities);
    expect(sets.map((set) => capabilityNames(set.permitted & ~wanted))).toEqual([["CAP_SYS_ADMIN"], []]);
    const filter = steps.findIndex((step) => step.do === "seccomp");
    expect(steps.indexOf(sets.at(0)!)).toBeLessThan(filter);
    expect(steps.indexOf(sets.at(1)!)).toBeGreaterThan(filter);
  });

  test("a process gets no capability that the engine lacks", () => {
    const context = { staging: "/r", seccomp: undefined, capabilities: capabilityMask(["CAP_CHOWN", "CAP_KILL"]) };
    const { process } = compileContainer(specOf("/image", ["true"]), options, context);
    const set = process.find((step) => step.do === "capability-set");
    expect(set && capabilityNames(set.effective)).toEqual(["CAP_CHOWN", "CAP_KILL"]);
  });

  test("it enters its groups before its cgroup namespace is made", () => {
    const limits = { path: "/g/x", joinPaths: ["/sys/fs/cgroup/memory/g/x/tasks"] } as unknown as LimitGroup;
    const { process } = compile({ mounts: [] }, limits);
    expect(process.slice(0, 2)).toEqual([
      { do: "write-file", path: "/sys/fs/cgroup/memory/g/x/tasks", data: "0" },
      { do: "unshare", flags: 0x0200_0000 },
    ]);
  });

  test("namespaces by path are joined, a pid namespace by the monitor", () => {
    const { cloneFlags, beforeClone, process } = compile({
      namespaces: [
        { type: "mount" },
        { type: "pid", path: "/proc/7/ns/pid" },
        { type: "network", path: "/proc/7/ns/net" },
        { type: "uts" },
      ],
    });
    expect(cloneFlags).toBe(0x0402_0000);
    expect(beforeClone).toEqual([{ do: "setns", path: "/proc/7/ns/pid", type: 0x2000_0000 }]);
    expect(process[0]).toEqual({ do: "setns", path: "/proc/7/ns/net", type: 0x4000_0000 });
    expect(verbs(process)).not.toContain("netlink");
  });

  test("the root's mounts go onto the staging directory, a read-only bind in two steps", () => {
    const overlay = {
      type: "overlay",
      source: "overlay",
      options: ["lowerdir=/a:/b", "upperdir=/u", "workdir=/w", "nosuid"],
    };
    const { process } = compile({
      mounts: [],
      root: { mounts: [overlay, bind("", "/c", "rbind", "ro")], readonly: true },
    });
    const at = process.findIndex((step) => step.do === "mount");
    expect(process.slice(at, at + 4)).toEqual([
      {
        do: "mount",
        source: "overlay",
        target: "/run/root",
        type: "overlay",
        flags: 2,
        data: "lowerdir=/a:/b,upperdir=/u,workdir=/w",
      },
      { do: "mount", source: "/c", target: "/run/root", type: "", flags: 0x5000, data: "" },
      { do: "remount", target: "/run/root", flags: 1, recursive: true },
      { do: "pivot-root", path: "/run/root" },
    ]);
    expectOrder(process, "make-directory", "hostname");
  });

  test("binds keep their flags and propagation", () => {
    const { process } = compile({
      mounts: [bind("/a", "/x", "rbind", "ro", "nosuid", "rslave"), bind("/b", "/y", "bind")],
    });
    expect(process.filter((step) => step.do === "move-mount")).toEqual([
      { do: "move-mount", slot: 0, target: "/a", attributes: 3, recursive: true, propagation: 0x8_0000 },
      { do: "move-mount", slot: 1, target: "/b", attributes: 0, recursive: false, propagation: 0 },
    ]);
  });

  test("with shared propagation, sources are opened while they are shared", () => {
    const { process } = compile({ rootfsPropagation: "shared", mounts: [bind("/a", "/x", "rbind", "rshared")] });
    expectOrder(process.slice(0, 4), "unshare", "open-tree", "remount");
    expect(process).toContainEqual({ do: "remount", target: "/", flags: 0x10_0000, recursive: true });
  });

  test("nothing is made in a /dev that is the host's", () => {
    const { process } = compile({ mounts: [bind("/dev", "/dev", "rbind")] });
    expect(verbs(process)).not.toContain("make-node");
    expect(verbs(process)).not.toContain("symlink");
  });

  test("a user namespace gets its maps, and devices are bound", () => {
    const map = [{ containerId: 0, hostId: 1000, size: 10 }];
    const { afterClone, process } = compile({
      namespaces: [{ type: "mount" }, { type: "user" }],
      uidMappings: map,
      gidMappings: map,
    });
    expect(afterClone).toEqual(
      ["uid_map", "gid_map"].map((name) => ({ do: "write-child", name, data: "0 1000 10\n" })),
    );
    expect(verbs(process)).not.toContain("make-node");
    expect(process).toContainEqual({ do: "open-tree", slot: 2, source: "/dev/null", recursive: false });
  });

  test("more bind mounts than the helper has slots are refused", () => {
    const mounts = Array.from({ length: 65 }, (_, index) => bind(`/m${index}`, "/x", "rbind"));
    expect(() => compile({ mounts })).toThrow(/more than 64 bind mounts/);
  });
});

test("an added process enters the namespaces, the mount namespace last", () => {
  const target = { pid: 9, namespaces: ["mount", "pid", "network"] as const, seccomp, available: all };
  const { beforeClone, process } = compileExec(
    processOf(["true"], { terminal: true, oomScoreAdj: 5 }),
    options,
    target,
  );
  expect(beforeClone).toEqual([{ do: "setns", path: "/proc/9/ns/pid", type: 0x2000_0000 }]);
  expect(process.slice(0, 3)).toEqual([
    { do: "write-file", path: "/proc/self/oom_score_adj", data: "5" },
    { do: "setns", path: "/proc/9/ns/net", type: 0x4000_0000 },
    { do: "setns", path: "/proc/9/ns/mnt", type: 0x2_0000 },
  ]);
  expect(process).toContainEqual({ do: "terminal", rows: 0, columns: 0, uid: 0, console: false });
});

test("capabilities have their bits", () => {
  expect(capabilityMask(defaultCapabilities)).toBe(0xa80425fbn);
  expect(capabilityNames(0xa80425fbn).toSorted()).toEqual(defaultCapabilities.toSorted());
  expect(() => capabilityMask(["NET_RAW"])).toThrow(/there is no NET_RAW/);
});

test.each([
  ["net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward"],
  ["net/ipv4/conf/eth0.1/forwarding", "/proc/sys/net/ipv4/conf/eth0.1/forwarding"],
  ["net.ipv4.conf.eth0/1.forwarding", "/proc/sys/net/ipv4/conf/eth0.1/forwarding"],
])("the parameter %s", (name, path) => {
  expect(sysctlPath(name)).toBe(path);
});

test("limits beyond a double, and -1, are none", () => {
  const rlimits = [
    { type: "RLIMIT_NOFILE", soft: 1024, hard: -1 },
    { type: "RLIMIT_CORE", soft: 2 ** 64, hard: 2 ** 64 },
  ];
  const { process } = compile({ process: processOf(["true"], { rlimits, capabilities: capabilitySets([]) }) });
  const none = (1n << 64n) - 1n;
  expect(process.filter((step) => step.do === "rlimit")).toEqual([
    { do: "rlimit", resource: 7, soft: 1024n, hard: none },
    { do: "rlimit", resource: 4, soft: none, hard: none },
  ]);
});
