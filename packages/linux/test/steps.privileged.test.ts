import { mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { linkUpMessage } from "../src/rtnetlink.ts";
import type { Step } from "../src/step.ts";
import { Bench, Clone, execute, path, program, shell, until } from "./bench.ts";

let bench: Bench;

beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(async () => {
  await bench.close();
});

const privateMounts: Step = { do: "remount", target: "/", flags: 1 << 18, recursive: true };
const tmpfs = (target: string, data = ""): Step => ({
  do: "mount",
  source: "tmpfs",
  target,
  type: "tmpfs",
  flags: 0,
  data,
  create: true,
});

/** The steps that make the host's programs the new root of a process. */
function hostRoot(root: string): Step[] {
  const directories = ["/usr", "/etc"].map((source): Step => ({ do: "bind", source, target: `${root}${source}` }));
  const links = ["bin", "sbin", "lib", "lib64"].map((name): Step => ({
    do: "symlink",
    target: `usr/${name}`,
    path: `${root}/${name}`,
  }));
  return [privateMounts, tmpfs(root), ...directories, ...links];
}
const proc: Step = { do: "mount", source: "proc", target: "/proc", type: "proc", flags: 14, data: "", create: true };

async function output(steps: readonly Step[], rest = {}): Promise<string> {
  const { stdout, stderr, status } = await bench.finish(program(steps, rest));
  expect([status.code, stderr.toString()]).toEqual([0, ""]);
  return stdout.toString();
}

describe("file steps", () => {
  it("make directories, links, nodes and files exactly", async () => {
    const at = (name: string) => join(bench.directory, name);
    writeFileSync(at("file"), "");
    const steps: Step[] = [
      { do: "umask", mask: 0o77 },
      { do: "make-directory", path: at("a/b"), mode: 0o1777, uid: 3, gid: 4 },
      { do: "symlink", target: "some where", path: at("link") },
      { do: "make-node", path: at("null"), mode: 0o20666, major: 1, minor: 3, uid: 5, gid: 6 },
      { do: "write-file", path: at("file"), data: "text" },
    ];
    await bench.helper.run(steps);
    // Again: what is there already is kept.
    await bench.helper.run(steps);
    expect(statSync(at("a/b"))).toMatchObject({ mode: 0o41777, uid: 3, gid: 4 });
    expect(statSync(at("a")).mode).toBe(0o40755);
    expect(readlinkSync(at("link"))).toBe("some where");
    expect(statSync(at("null"))).toMatchObject({ mode: 0o20666, uid: 5, gid: 6, rdev: 0x103 });
    expect(readFileSync(at("file"), "utf8")).toBe("text");
  });
});

describe("a new root", () => {
  it("is all that the process sees", async () => {
    const root = join(bench.directory, "root");
    const text = await output([
      ...hostRoot(root),
      { do: "open-tree", slot: 5, source: "/dev/null", recursive: false },
      { do: "pivot-root", path: root },
      proc,
      { do: "move-mount", slot: 5, target: "/dev/null", attributes: 8, recursive: false, propagation: 1 << 18 },
      { do: "change-directory", path: "/work/here", create: true, uid: 0, gid: 0 },
      shell("ls -d /*; pwd; cat /proc/mounts; stat -c %n /proc/1/root/tmp 2>/dev/null; cat /dev/null && echo null"),
    ]);
    expect(text).toMatch(/^\/bin\n\/dev\n\/etc\n\/lib\n\/lib64\n\/proc\n\/sbin\n\/usr\n\/work\n\/work\/here\n/);
    expect(text).not.toContain(bench.directory);
    expect(text).toMatch(/ \/dev\/null \S+ \S*noexec/);
    expect(text.endsWith("null\n")).toBe(true);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(bench.directory);
  });

  it("has masked and read-only paths, with what is mounted beneath", async () => {
    const root = join(bench.directory, "root");
    const text = await output([
      ...hostRoot(root),
      { do: "pivot-root", path: root },
      proc,
      { do: "make-directory", path: "/dev", mode: 0o755, uid: 0, gid: 0 },
      { do: "make-node", path: "/dev/null", mode: 0o20666, major: 1, minor: 3, uid: 0, gid: 0 },
      tmpfs("/data"),
      tmpfs("/data/inner"),
      { do: "mask", path: "/proc/version" },
      { do: "mask", path: "/proc/tty" },
      { do: "mask", path: "/proc/no-such" },
      { do: "read-only", path: "/data" },
      { do: "read-only", path: "/no-such" },
      shell(
        `wc -c < /proc/version; ls /proc/tty; for f in /data/x /data/inner/x /proc/tty/x; do (: > $f) 2>&1 | grep -o 'Read-only.*'; done`,
      ),
    ]);
    expect(text).toBe("0\nRead-only file system\nRead-only file system\nRead-only file system\n");
  });

  it("by chroot, with a remount that keeps the flags that are there", async () => {
    const root = join(bench.directory, "root");
    const text = await output([
      ...hostRoot(root),
      { do: "mount", source: "tmpfs", target: `${root}/t`, type: "tmpfs", flags: 2 | 4, data: "", create: true },
      { do: "remount", target: `${root}/t`, flags: 1 | 1024 },
      { do: "mount", source: "proc", target: `${root}/proc`, type: "proc", flags: 0, data: "", create: true },
      { do: "chroot", path: root },
      shell("grep ' /t ' /proc/mounts"),
    ]);
    expect(text).toMatch(/tmpfs \/t tmpfs ro,nosuid,nodev,noatime/);
  });

  it("cannot be left through a descriptor of the helper's", async () => {
    const monitor = await bench.monitor();
    for (const fd of [3, 4, 5, 6]) {
      const steps: Step[] = [
        { do: "change-directory", path: `/proc/self/fd/${fd}`, create: false, uid: 0, gid: 0 },
        execute("true"),
      ];
      const opened = fd === 3 ? monitor : await bench.monitor(`fd${fd}`);
      await expect(opened.launch(program(steps))).rejects.toMatchObject({ step: { do: "change-directory" } });
    }
  });

  it("takes an overlay with more layers than a page of options names", async () => {
    const layers = Array.from({ length: 120 }, (_, index) =>
      join(bench.directory, `layer-with-a-rather-long-name,:${index}`),
    );
    for (const [index, layer] of layers.entries()) {
      mkdirSync(layer);
      writeFileSync(join(layer, `file${index}`), "");
    }
    const escaped = layers.map((layer) => layer.replaceAll(",", "\\,").replaceAll(":", "\\:"));
    const upper = join(bench.directory, "upper");
    const work = join(bench.directory, "work");
    const target = join(bench.directory, "merged");
    for (const directory of [upper, work, target]) mkdirSync(directory);
    const data = `lowerdir=${escaped.join(":")},upperdir=${upper},workdir=${work}`;
    expect(data.length).toBeGreaterThan(4096);
    const text = await output([
      privateMounts,
      { do: "mount", source: "overlay", target, type: "overlay", flags: 2, data },
      shell(`ls ${target} | wc -l; touch ${target}/new; grep ' ${target} ' /proc/mounts | grep -c nosuid`),
    ]);
    expect(text).toBe("120\n1\n");
    expect(statSync(join(upper, "new")).isFile()).toBe(true);
  });
});

describe("identity", () => {
  const statusFields = (text: string) => Object.fromEntries(text.split("\n").map((line) => line.split(":\t")));

  it("is dropped to user, groups and capabilities in the order of Linux", async () => {
    const mask = (1n << 10n) | (1n << 5n);
    const text = await output(
      [
        { do: "rlimit", resource: 7, soft: 100n, hard: 200n },
        { do: "bounding-set", mask },
        { do: "set-groups", gids: [7, 8] },
        { do: "set-gid", gid: 6 },
        { do: "keep-capabilities" },
        { do: "set-uid", uid: 5 },
        { do: "capability-set", effective: mask, permitted: mask, inheritable: 1n << 10n },
        { do: "ambient-set", mask: 1n << 10n },
        { do: "no-new-privileges" },
        { do: "death-signal", signal: 9 },
        shell("cat /proc/self/status; ulimit -Sn; ulimit -Hn; echo again > /dev/stdout"),
      ],
      { cloneFlags: 0 },
    );
    expect(statusFields(text)).toMatchObject({
      Uid: "5\t5\t5\t5",
      Gid: "6\t6\t6\t6",
      Groups: expect.stringMatching(/^7 8/),
      CapBnd: "0000000000000420",
      CapPrm: "0000000000000400",
      CapAmb: "0000000000000400",
      NoNewPrivs: "1",
    });
    expect(text.endsWith("100\n200\nagain\n")).toBe(true);
  });

  it("in a user namespace, mapped from outside while the process waits", async () => {
    const text = await output(
      [{ do: "set-uid", uid: 0 }, { do: "set-gid", gid: 0 }, shell("id -u; id -g; cat /proc/self/uid_map")],
      {
        cloneFlags: Clone.user | Clone.mount,
        afterClone: [
          { do: "write-child", name: "uid_map", data: "0 100000 65536" },
          { do: "write-child", name: "gid_map", data: "0 100000 65536" },
        ],
      },
    );
    expect(text).toMatch(/^0\n0\n\s+0\s+100000\s+65536\n$/);
  });

  it("filters system calls", async () => {
    // BPF: load the number; mkdir (83) and mkdirat (258) on x86-64, or mkdirat (34) on arm64, fail with EPERM.
    const [mkdir, mkdirat] = process.arch === "x64" ? ([83, 258] as const) : ([34, 34] as const);
    const instruction = (code: number, jt: number, jf: number, k: number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt16LE(code, 0);
      bytes.writeUInt8(jt, 2);
      bytes.writeUInt8(jf, 3);
      bytes.writeUInt32LE(k, 4);
      return bytes;
    };
    const filter = Buffer.concat([
      instruction(0x20, 0, 0, 0),
      instruction(0x15, 2, 0, mkdir),
      instruction(0x15, 1, 0, mkdirat),
      instruction(0x06, 0, 0, 0x7fff0000),
      instruction(0x06, 0, 0, 0x00050001),
    ]);
    const text = await output([
      { do: "no-new-privileges" },
      { do: "seccomp", program: filter, flags: 0 },
      shell(`mkdir ${bench.directory}/x 2>&1 | grep -o 'Operation not permitted'; grep Seccomp: /proc/self/status`),
    ]);
    expect(text).toBe("Operation not permitted\nSeccomp:\t2\n");
  });
});

describe("namespaces", () => {
  it("are entered by path, made by unshare, and have their names and links", async () => {
    const outer = await bench.launch(
      program([{ do: "hostname", name: "joined" }, shell("echo ready; sleep 1000")], {
        cloneFlags: Clone.uts | Clone.pid,
      }),
      "outer",
    );
    const ns = (name: string) => `/proc/${outer.pid}/ns/${name}`;
    await until(async () => (await outer.outputEnd()) > 0);
    const text = await output(
      [
        { do: "setns", path: ns("uts"), type: Clone.uts },
        { do: "unshare", flags: Clone.network | Clone.mount },
        privateMounts,
        proc,
        { do: "mount", source: "sysfs", target: "/sys", type: "sysfs", flags: 0, data: "" },
        { do: "netlink", protocol: 0, message: linkUpMessage(1) },
        { do: "set-session" },
        shell(
          "hostname; cat /sys/class/net/lo/operstate; ls /sys/class/net; ps -o args= 1; cut -d' ' -f6 /proc/$$/stat",
        ),
      ],
      { cloneFlags: 0, beforeClone: [{ do: "setns", path: ns("pid"), type: Clone.pid }] },
    );
    expect(text.split("\n")).toEqual([
      "joined",
      "unknown",
      "lo",
      expect.stringContaining("sleep 1000"),
      expect.stringMatching(/^[1-9]/),
      "",
    ]);
  });
});

describe("a step that fails", () => {
  const none = "/no/such/path";
  const failures: [Step, string][] = [
    [{ do: "unshare", flags: 1 }, "EINVAL"],
    [{ do: "setns", path: none, type: 0 }, "ENOENT"],
    [{ do: "setns", path: "/proc/self/ns/net", type: Clone.mount }, "EINVAL"],
    [{ do: "mount", source: "x", target: none, type: "tmpfs", flags: 0, data: "" }, "ENOENT"],
    [{ do: "mount", source: "x", target: "/proc", type: "nosuchfs", flags: 0, data: "" }, "ENODEV"],
    [{ do: "mount", source: "x", target: "/proc", type: "nosuchfs", flags: 0, data: "x".repeat(5000) }, "ENODEV"],
    [{ do: "remount", target: none, flags: 1 }, "ENOENT"],
    [{ do: "unmount", target: none, flags: 0 }, "ENOENT"],
    [{ do: "open-tree", slot: 0, source: none, recursive: false }, "ENOENT"],
    [{ do: "open-tree", slot: 64, source: "/", recursive: false }, "EINVAL"],
    [{ do: "move-mount", slot: 1, target: "/", attributes: 0, recursive: false, propagation: 0 }, "EINVAL"],
    [{ do: "make-directory", path: "/proc/nowhere", mode: 0, uid: 0, gid: 0 }, "ENOENT"],
    [{ do: "make-directory", path: "/dev/null/x", mode: 0, uid: 0, gid: 0 }, "ENOTDIR"],
    [{ do: "symlink", target: "x", path: "/dev/null" }, "EEXIST"],
    [{ do: "make-node", path: "/dev/null", mode: 0o20666, major: 1, minor: 5, uid: 0, gid: 0 }, "EEXIST"],
    [{ do: "bind", source: none, target: "/" }, "ENOENT"],
    [{ do: "mask", path: "x".repeat(5000) }, "ENAMETOOLONG"],
    [{ do: "read-only", path: "x".repeat(5000) }, "EINVAL"],
    [{ do: "write-file", path: none, data: "" }, "ENOENT"],
    [{ do: "write-child", name: "comm", data: "x" }, "EINVAL"],
    [{ do: "pivot-root", path: "/proc/self" }, "EINVAL"],
    [{ do: "chroot", path: none }, "ENOENT"],
    [{ do: "change-directory", path: none, create: false, uid: 0, gid: 0 }, "ENOENT"],
    [{ do: "hostname", name: "x".repeat(100) }, "EINVAL"],
    [{ do: "domainname", name: "x".repeat(100) }, "EINVAL"],
    [{ do: "rlimit", resource: 999, soft: 0n, hard: 0n }, "EINVAL"],
    [{ do: "rlimit", resource: 7, soft: 2n, hard: 1n }, "EINVAL"],
    [{ do: "set-groups", gids: Array.from({ length: 1025 }, () => 1) }, "EINVAL"],
    [{ do: "set-gid", gid: 0xffff_ffff }, "EINVAL"],
    [{ do: "set-uid", uid: 0xffff_ffff }, "EINVAL"],
    [{ do: "capability-set", effective: 1n, permitted: 0n, inheritable: 0n }, "EPERM"],
    [{ do: "ambient-set", mask: 1n << 63n }, "EINVAL"],
    [{ do: "death-signal", signal: 999 }, "EINVAL"],
    [{ do: "netlink", protocol: 0, message: linkUpMessage(123_456) }, "ENODEV"],
    [{ do: "netlink", protocol: 0, message: Uint8Array.of(1, 2, 3) }, "EINVAL"],
    [{ do: "seccomp", program: Uint8Array.of(1, 2, 3), flags: 0 }, "EINVAL"],
    [{ do: "seccomp", program: new Uint8Array(8), flags: 0 }, "EINVAL"],
    [{ do: "terminal", rows: 1, columns: 1, uid: 0 }, "EINVAL"],
    [{ do: "barrier" }, "EINVAL"],
    [{ do: "execute", argv: ["true"], env: [] }, "EINVAL"],
  ];

  const named = failures.map(([step, errnoName], index) => ({
    name: `${index} ${step.do} ${errnoName}`,
    step,
    errnoName,
  }));

  it.each(named)("is reported with index and errno: $name", async ({ step, errnoName }) => {
    const steps: Step[] = [{ do: "unshare", flags: Clone.mount | Clone.uts }, { ...privateMounts }, step];
    await expect(bench.helper.run(steps)).rejects.toMatchObject({ phase: "process", index: 2, errnoName, step });
    await bench.helper.run([...steps.slice(0, 2), { ...step, optional: true }]);
  });

  it("in each phase of a launch leaves nothing", async () => {
    const bad: Step = { do: "chroot", path: none };
    const location = await bench.location();
    for (const [phase, rest] of [
      ["before-clone", { beforeClone: [bad] }],
      ["after-clone", { afterClone: [bad] }],
    ] as const) {
      const monitor = await bench.monitor();
      await expect(monitor.launch(program([execute("true")], rest))).rejects.toMatchObject({
        phase,
        index: 0,
        step: bad,
      });
      await expect(monitor.wait()).rejects.toMatchObject({ code: "unavailable" });
    }
    const monitor = await bench.monitor();
    await monitor.launch(program([{ do: "barrier" }, bad, execute("true")]));
    await expect(monitor.start()).rejects.toMatchObject({ phase: "process", index: 2, step: bad });
    expect(statSync(location.directory).isDirectory()).toBe(true);
    await until(async () => (await bench.helper.reconnect(location)) === undefined);
  });

  it("says when the clone itself is refused", async () => {
    const monitor = await bench.monitor();
    const launch = monitor.launch(program([execute("true")], { cloneFlags: Clone.user | 0x200 }));
    await expect(launch).rejects.toMatchObject({ errnoName: "EINVAL", step: undefined });
  });

  it.each([
    [["no-such-program"], "ENOENT", "not-found"],
    [["/no/such/program"], "ENOENT", "not-found"],
    [[""], "ENOENT", "not-found"],
    [["/etc/passwd"], "EACCES", "forbidden"],
    [["/etc"], "EACCES", "forbidden"],
    [["HERE/denied"], "EACCES", "forbidden"],
    [["denied"], "EACCES", "forbidden"],
    [["HERE/format"], "ENOEXEC", "internal"],
    [["true", "LONG"], "E2BIG", "invalid-argument"],
  ])("says why a program cannot be executed: %s", async (words, errnoName, code) => {
    writeFileSync(join(bench.directory, "denied"), "", { mode: 0o644 });
    writeFileSync(join(bench.directory, "format"), "true\n", { mode: 0o755 });
    const argv = words.map((word) => word.replace("HERE", bench.directory).replace("LONG", "x".repeat(200_000)));
    const monitor = await bench.monitor();
    await monitor.launch(program([{ do: "barrier" }, { do: "execute", argv, env: [`${path}:${bench.directory}`] }]));
    await expect(monitor.start()).rejects.toMatchObject({ errnoName, code, phase: "process" });
  });

  it("finds a program past a directory of the path that has none", async () => {
    symlinkSync("/bin/true", join(bench.directory, "mine"));
    const { status } = await bench.finish(
      program([{ do: "execute", argv: ["mine"], env: [`PATH=/nowhere:/etc/passwd:${bench.directory}`] }]),
    );
    expect(status.code).toBe(0);
  });
});
