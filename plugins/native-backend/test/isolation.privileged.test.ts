import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  existsSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, describe, expect, test } from "vitest";

import { capabilityMask } from "../src/capabilities.ts";
import { ContainerBench, notHere } from "./fixtures/container-bench.ts";
import { capabilitySets, defaultCapabilities, processOf, specOf, standardMounts } from "./fixtures/specs.ts";

describe.skipIf(notHere)(`what a container is apart from (skipped where: ${notHere ?? "nothing"})`, () => {
  const bench = new ContainerBench();
  afterEach(async () => expect(await bench.clear()).toEqual([]));
  afterAll(() => bench.close());

  test("every namespace is its own, and its first process has pid 1", async () => {
    const container = await bench.create(specOf(bench.root, ["sh", "-c", "echo $$; ps; sleep 60"]));
    for (const name of ["mnt", "pid", "net", "ipc", "uts", "cgroup"]) {
      expect(readlinkSync(`/proc/${container.pid}/ns/${name}`), name).not.toBe(readlinkSync(`/proc/self/ns/${name}`));
    }
    const { stdout } = await bench.run(
      'echo $$; all=$(ps); echo "$all" | wc -l; hostname; ls /sys/class/net; cat /sys/class/net/lo/operstate',
    );
    expect(stdout).toBe("1\n3\nbox\nlo\nunknown\n");
    expect(hostname()).not.toBe("box");
  });

  test("the host's files and mounts are out of reach", async () => {
    const { stdout } = await bench.run("ls /; cat /proc/mounts; ls /proc/1/root/");
    expect(stdout).not.toContain("/work");
    expect(stdout).not.toContain("usr");
    expect(stdout).not.toContain(bench.directory);
  });

  test("a working directory through a descriptor cannot lead out of the root", async () => {
    symlinkSync("/proc/self/fd/7", join(bench.root, "escape"));
    for (const cwd of ["/escape", "/escape/../..", "/proc/self/fd/3", "/proc/1/cwd/../.."]) {
      const container = await bench
        .create(specOf(bench.root, ["ls", ".."], { process: processOf(["ls"], { cwd }) }))
        .catch(() => undefined);
      await container?.start().catch(() => undefined);
      const seen = container && (await container.state()) === "stopped" ? await collectOutput(container) : "";
      expect(seen).not.toContain("usr");
    }
  });

  test("mounting, rebooting and other things of the host are refused", async () => {
    const { stdout } = await bench.run(
      `mount -t tmpfs x /tmp 2>&1; mknod /tmp/sda b 8 0 && echo node; echo b >/proc/sysrq-trigger; echo x >/proc/sys/kernel/hostname;
       unshare -m true 2>&1`,
    );
    expect(stdout).toMatch(/mount: .*(denied|not permitted)/);
    expect(stdout).toMatch(/unshare: .*not permitted/);
    expect(readFileSync("/proc/sys/kernel/hostname", "latin1").trim()).toBe(hostname());
  });

  test("capabilities are those that were asked for, and a filter is in force", async () => {
    const { stdout } = await bench.run("cat /proc/self/status");
    const mask = capabilityMask(defaultCapabilities).toString(16).padStart(16, "0");
    for (const set of ["CapPrm", "CapEff", "CapBnd"]) expect(stdout).toMatch(new RegExp(`^${set}:\t${mask}$`, "m"));
    expect(stdout).toMatch(/^CapInh:\t0{16}$/m);
    expect(stdout).toMatch(/^Seccomp:\t2$/m);
    expect(stdout).toMatch(/^NoNewPrivs:\t0$/m);
  });

  test.each([true, false])("a user without rights, noNewPrivileges %s, has a filter too", async (noNewPrivileges) => {
    const process = processOf(
      ["sh", "-c", "id; grep -E 'Cap|Seccomp:|NoNewPrivs|Groups|Umask' /proc/self/status; touch /tmp/x"],
      {
        user: { uid: 1000, gid: 1000, additionalGids: [20, 44], umask: 0o027 },
        capabilities: {
          ...capabilitySets([]),
          bounding: defaultCapabilities,
          ambient: ["CAP_KILL"],
          inheritable: ["CAP_KILL"],
          permitted: ["CAP_KILL"],
        },
        noNewPrivileges,
      },
    );
    const { stdout } = await bench.run("", { process });
    expect(stdout).toContain("uid=1000(user) gid=1000 groups=20,44");
    expect(stdout).toMatch(/^CapEff:\t0{14}20$/m);
    expect(stdout).toMatch(/^CapAmb:\t0{14}20$/m);
    expect(stdout).toMatch(/^Seccomp:\t2$/m);
    expect(stdout).toMatch(/^Umask:\t0027$/m);
    expect(stdout).toContain(`NoNewPrivs:\t${noNewPrivileges ? 1 : 0}`);
  });

  test("without a profile there is no filter, and all that the engine may do can be had", async () => {
    const own = /^CapPrm:\t(\w+)$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "";
    const everything = Array.from({ length: 41 }, (_, bit) => bit).map((bit) => `CAP_${names[bit]}`);
    const process = processOf(["cat", "/proc/self/status"], { capabilities: capabilitySets(everything) });
    const { seccomp: _, ...spec } = specOf(bench.root, []);
    const container = await bench.create({ ...spec, process });
    await container.start();
    await container.wait();
    const status = await collectOutput(container);
    expect(status).toMatch(new RegExp(`^CapEff:\t${own}$`, "m"));
    expect(status).toMatch(/^Seccomp:\t0$/m);
  });

  test("masked paths are empty, read-only paths cannot be written", async () => {
    const { stdout, stderr } = await bench.run(
      "ls /sys/firmware /proc/acpi; cat /proc/keys; echo 1 >/proc/sys/vm/swappiness; echo $?",
    );
    expect(stdout).toBe("/proc/acpi:\n\n/sys/firmware:\n1\n");
    expect(stderr).toContain("Read-only file system");
  });

  test("a read-only root cannot be written, the mounts in it can", async () => {
    const root = { ...specOf(bench.root, []).root, readonly: true };
    const tmpfs = { destination: "/made/tmp", type: "tmpfs", source: "tmpfs", options: ["size=1m"] };
    const process = processOf(["sh", "-c", "pwd; touch /x; touch /made/tmp/y /dev/shm/z && echo wrote"], {
      cwd: "/made/cwd",
    });
    const { stdout, stderr } = await bench.run("", { root, process, mounts: [...standardMounts, tmpfs] });
    expect(stdout).toBe("/made/cwd\nwrote\n");
    expect(stderr).toMatch(/x: Read-only file system/);
    rmSync(join(bench.root, "made"), { recursive: true });
  });

  test("parameters of the container's namespaces are set", async () => {
    const { stdout } = await bench.run("cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax", {
      sysctl: { "net.ipv4.ip_unprivileged_port_start": "7", "kernel.msgmax": "4096" },
    });
    expect(stdout).toBe("7\n4096\n");
  });

  test("resource limits and the OOM score", async () => {
    const rlimits = [
      { type: "RLIMIT_NOFILE", soft: 100, hard: 200 },
      { type: "RLIMIT_CORE", soft: 0, hard: 0 },
    ];
    const process = processOf(["sh", "-c", "ulimit -Sn; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj"], {
      rlimits,
      oomScoreAdj: 500,
    });
    expect((await bench.run("", { process })).stdout).toBe("100\n200\n0\n500\n");
  });

  test("a mount point that is a link in the image leads nowhere but into the image", async () => {
    const victim = join(bench.directory, "victim");
    mkdirSync(victim);
    symlinkSync(victim, join(bench.root, "link"));
    symlinkSync("../../../../../../../../../../../../home", join(bench.root, "up"));
    const source = join(bench.directory, "volume");
    mkdirSync(source);
    writeFileSync(join(source, "data"), "secret");
    const mounts = ["/link", "/up"].map((destination) => ({ destination, type: "bind", source, options: ["rbind"] }));
    mkdirSync(join(bench.root, victim), { recursive: true });
    const { stdout } = await bench.run("cat /link/data /up/data", { mounts: [...standardMounts, ...mounts] });
    expect(stdout).toBe("secretsecret");
    expect(existsSync(join(victim, "data"))).toBe(false);
    expect(existsSync("/home/data")).toBe(false);
    for (const name of ["link", "up"]) rmSync(join(bench.root, name));
    rmSync(join(bench.root, "tmp"), { recursive: true });
    mkdirSync(join(bench.root, "tmp"));
    rmSync(source, { recursive: true });
  });

  test("a mount point that is a link to what is missing makes that, in the image", async () => {
    const source = join(bench.directory, "volume");
    mkdirSync(source);
    writeFileSync(join(source, "data"), "bound");
    symlinkSync("../made/by/name.conf", join(bench.root, "etc", "link.conf"));
    symlinkSync("again", join(bench.root, "folder"));
    symlinkSync("/made/folder", join(bench.root, "again"));
    symlinkSync("/made/missing/../circle", join(bench.root, "circle"));
    const bind = (destination: string, from: string) => ({
      destination,
      type: "bind",
      source: from,
      options: ["rbind"],
    });
    const { stdout } = await bench.run("cat /made/by/name.conf /made/folder/data", {
      mounts: [...standardMounts, bind("/etc/link.conf", join(source, "data")), bind("/folder", source)],
    });
    expect(stdout).toBe("boundbound");
    expect(existsSync("/made")).toBe(false);
    symlinkSync("/circle", join(bench.root, "made", "circle"));
    for (const from of [source, join(source, "data")]) {
      const circle = specOf(bench.root, ["true"], { mounts: [...standardMounts, bind("/circle", from)] });
      const failed = { code: "invalid-argument", details: { step: "move-mount", errno: "ELOOP" } };
      await expect(bench.create(circle)).rejects.toMatchObject(failed);
    }
    for (const name of ["etc/link.conf", "folder", "again", "circle", "made"])
      rmSync(join(bench.root, name), { recursive: true });
    rmSync(source, { recursive: true });
  });

  test("files, directories and nested binds, read-only where asked", async () => {
    const volume = join(bench.directory, "volume");
    mkdirSync(join(volume, "inner"), { recursive: true });
    writeFileSync(join(volume, "file"), "one\n");
    const bind = (destination: string, source: string, ...options: string[]) => ({
      destination,
      type: "bind",
      source,
      options,
    });
    const { stdout, stderr } = await bench.run(
      "cat /new/deep/file /etc/hosts; touch /new/deep/x; touch /new/deep/inner/y && echo wrote",
      {
        mounts: [
          ...standardMounts,
          bind("/new/deep", volume, "rbind", "ro"),
          bind("/new/deep/inner", join(volume, "inner"), "rbind"),
          bind("/etc/hosts", join(volume, "file"), "rbind", "ro", "nosuid"),
        ],
      },
    );
    expect(stdout).toBe("one\none\nwrote\n");
    expect(stderr).toMatch(/x: Read-only/);
    expect(existsSync(join(volume, "inner/y"))).toBe(true);
    rmSync(volume, { recursive: true });
  });

  test("a user namespace: root inside is nobody outside", async () => {
    const mapping = [{ containerId: 0, hostId: 100_000, size: 65_536 }];
    const spec = specOf(bench.root, [
      "sh",
      "-c",
      "id -u; cat /proc/self/uid_map; echo x >/dev/null && echo null; touch /made; sleep 60",
    ]);
    const container = await bench.create({
      ...spec,
      namespaces: [...spec.namespaces, { type: "user" }],
      uidMappings: mapping,
      gidMappings: mapping,
    });
    await container.start();
    await expect.poll(() => collectOutput(container)).toMatch(/^0\n\s+0\s+100000\s+65536\nnull\n/);
    expect(readFileSync(`/proc/${container.pid}/status`, "latin1")).toMatch(/^Uid:\t100000/m);
    expect(existsSync(join(bench.root, "made"))).toBe(false);
    const added = await container.exec("e1", processOf(["id", "-u"]), bench.options("e1"));
    await added.start();
    expect(await added.wait()).toMatchObject({ code: 0 });
    expect(await collectOutput(added)).toBe("0\n");
    await added.delete();
  });

  test("namespaces of another container are joined, and the host's are kept where none is listed", async () => {
    const first = await bench.create(specOf(bench.root, ["sleep", "60"]));
    await first.start();
    const { stdout } = await bench.run(
      "hostname; tr '\\0' ' ' </proc/1/cmdline; echo; readlink /proc/self/ns/net; readlink /proc/self/ns/ipc",
      {
        namespaces: [
          { type: "mount" },
          ...(["pid", "network", "uts"] as const).map((type) => {
            const file = type === "network" ? "net" : type;
            return { type, path: `/proc/${first.pid}/ns/${file}` };
          }),
        ],
        hostname: "renamed",
        mounts: standardMounts.filter(({ type }) => type === "proc"),
      },
    );
    const [net, ipc] = [readlinkSync(`/proc/${first.pid}/ns/net`), readlinkSync("/proc/self/ns/ipc")];
    expect(stdout).toBe(`renamed\nsleep 60 \n${net}\n${ipc}\n`);
  });

  test("a second start at the same time is a conflict, and harms nothing", async () => {
    const container = await bench.create(specOf(bench.root, ["sh", "-c", "exit 4"]));
    const [one, two] = await Promise.allSettled([container.start(), container.start()]);
    expect([one.status, two.status]).toEqual(["fulfilled", "rejected"]);
    expect(await container.wait()).toMatchObject({ code: 4 });
  });

  test("a deleted container has left its root: the same upper directory can be mounted at once", async () => {
    const overlay = join(bench.directory, "overlay");
    for (const name of ["upper", "work"]) mkdirSync(join(overlay, name), { recursive: true });
    // With its index overlayfs refuses an upper directory that another mount still has.
    const layers = {
      lowerdir: bench.root,
      upperdir: join(overlay, "upper"),
      workdir: join(overlay, "work"),
      index: "on",
    };
    const options = Object.entries(layers).map((option) => option.join("="));
    const root = { mounts: [{ type: "overlay", source: "overlay", options }], readonly: false };
    for (let turn = 0; turn < 20; turn += 1) {
      const container = await bench.create(specOf(bench.root, ["true"], { root }));
      await container.start();
      expect((await container.wait()).code).toBe(0);
      await container.delete();
    }
    rmSync(overlay, { recursive: true });
  });

  test("a create that fails half way leaves no process, no file and no mount", async () => {
    const bad = { destination: "/mnt", type: "no-such-file-system", source: "x", options: [] };
    for (let round = 0; round < 3; round++) {
      const failed = bench.create(specOf(bench.root, ["true"], { mounts: [...standardMounts, bad] }));
      await expect(failed).rejects.toMatchObject({ code: "invalid-argument", details: { step: "mount" } });
    }
    await expect.poll(() => monitors().length).toBe(0);
  });
});

const names =
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split(
    " ",
  );

/** Monitors of this process's helper. */
function monitors(): string[] {
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/comm`, "latin1") === "gantry-monitor\n" && isOwn(name);
    } catch {
      return false;
    }
  });
}

function isOwn(pid: string): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
  const grandparent = readFileSync(`/proc/${parent}/stat`, "latin1");
  return Number(grandparent.slice(grandparent.lastIndexOf(")") + 2).split(" ")[1]) === process.pid;
}

async function collectOutput(container: { output(): AsyncIterable<{ data: Uint8Array }> }): Promise<string> {
  let text = "";
  for await (const { data } of container.output()) text += Buffer.from(data).toString();
  return text;
}
