import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, inject, test } from "vitest";

import { docker } from "../harness/docker.ts";
import { obstacle, titled } from "../harness/requirements.ts";

const reason = obstacle();
const roots = inject("roots");

/** Runs a shell script in a container and gives its whole output. */
async function inside(image: string, script: string, ...flags: string[]): Promise<string> {
  const { stdout, stderr } = await docker(roots, ["run", "--rm", ...flags, image, "sh", "-c", `{ ${script}\n} 2>&1`]);
  expect(stderr).toBe("");
  return stdout;
}

/** Makes a system call by number in Debian's perl and prints the error. x64 numbers. */
const perlCall = (call: string) => `perl -e 'syscall(${call}) == -1 or die "allowed\\n"; print "$!\\n"'`;

describe.skipIf(reason !== undefined)(titled("inside a container", reason), () => {
  test("ps shows only its own processes, and pid 1 is the command", async () => {
    const output = await inside("busybox", "ps -o pid,comm");
    const rows = output
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/));
    expect(rows[0]).toEqual(["1", "sh"]);
    expect(rows.length).toBeLessThanOrEqual(2);
    expect((await docker(roots, ["run", "--rm", "busybox", "cat", "/proc/1/comm"])).stdout).toBe("cat\n");
  });

  test.for<[string, string]>([
    ["mount", "mount -t tmpfs none /mnt"],
    ["a remount that makes the system's files writable", "mount -o remount,rw /proc/sys"],
    ["an unmount of what hides the host", "umount /proc/kcore"],
    ["the host's disk by its device number", "mknod /tmp/disk b 8 0 && head -c 1 /tmp/disk"],
    ["kernel memory", "mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem"],
    ["setting the clock", "date -s 2001-01-01"],
    ["setting the host's name", "hostname evil"],
    ["writing kernel settings", "echo 1 > /proc/sys/kernel/panic"],
    ["the magic key", "echo b > /proc/sysrq-trigger"],
    ["the kernel's log", "dmesg"],
    ["a new mount namespace", "unshare -m true"],
    ["a new user namespace", "unshare -U true"],
    ["writing to the cgroups", "mkdir /sys/fs/cgroup/memory/evil || mkdir /sys/fs/cgroup/evil"],
    ["writing to sysfs", "echo 0 > /sys/kernel/uevent_seqnum"],
  ])("%s is refused", async ([, command]) => {
    expect(await inside("busybox", `if ${command}; then echo allowed; fi`)).toMatch(
      /not permitted|permission denied|read-only file system|can't create|can't open/i,
    );
  });

  test.for<[string, string]>([
    ["reboot", "169, 0xfee1dead, 672274793, 0x1234567"],
    ["loading a module", "175, 0, 0, 0"],
    ["loading a module from a file", "313, 0, 0, 0"],
    ["kexec", "246, 0, 0, 0, 0"],
    ["a key ring of the host", "250, 0, -3, 0"],
    ["bpf", "321, 0, 0, 0"],
    ["perf events", "298, 0, 0, -1, -1, 0"],
  ])("%s is refused", async ([, call]) => {
    expect(await inside("base", perlCall(call))).toBe("Operation not permitted\n");
  });

  test("ptrace of somebody else's process is refused", async () => {
    const program = [
      "my $child = fork;",
      "if (!$child) { $( = $) = 65534; $< = $> = 65534; sleep 20; exit }",
      "select undef, undef, undef, 0.3;",
      'syscall(101, 16, $child, 0, 0) == -1 or print "allowed\\n"; print "$!\\n"; kill 9, $child;',
    ];
    expect(await inside("base", `perl -e '${program.join(" ")}'`)).toBe("Operation not permitted\n");
  });

  test("a process of the host does not exist", async () => {
    expect(await inside("busybox", `kill -0 ${process.pid}`)).toMatch(/no such process/i);
  });

  test("the capabilities are Docker's fourteen, seccomp filters, and no set-user-id program gives more", async () => {
    const status = await inside("busybox", "cat /proc/self/status");
    for (const set of ["CapPrm", "CapEff", "CapBnd"])
      expect(status).toMatch(new RegExp(`^${set}:\\s+00000000a80425fb$`, "m"));
    for (const set of ["CapInh", "CapAmb"]) expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, "m"));
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    const user = await inside("busybox", "cat /proc/self/status", "-u", "1000");
    expect(user).toMatch(/^CapEff:\s+0+$/m);
  });

  test("the host's files and name are out of reach", async () => {
    const directory = mkdtempSync(join(tmpdir(), "gantry-secret-"));
    try {
      writeFileSync(join(directory, "secret"), "secret");
      const paths = [`${directory}/secret`, `/proc/1/root${directory}/secret`, `/../../..${directory}/secret`];
      expect(await inside("busybox", `cat ${paths.join(" ")}`)).not.toMatch(/^secret/m);
      expect(await inside("busybox", "hostname")).toMatch(/^[0-9a-f]{12}\n$/);
      expect(await inside("busybox", "hostname")).not.toBe(`${hostname()}\n`);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test("masked paths are empty, and only Docker's devices are there", async () => {
    expect(
      await inside(
        "busybox",
        "head -c 1 /proc/kcore 2>/dev/null | wc -c; ls -A /proc/acpi /sys/firmware 2>/dev/null | grep -v :",
      ),
    ).toMatch(/^0\s*$/);
    const devices = (await inside("busybox", "ls /dev")).trim().split("\n");
    expect(devices).toEqual([
      "core",
      "fd",
      "full",
      "mqueue",
      "null",
      "ptmx",
      "pts",
      "random",
      "shm",
      "stderr",
      "stdin",
      "stdout",
      "tty",
      "urandom",
      "zero",
    ]);
  });

  test("--network none has a loopback interface and nothing else", async () => {
    const interfaces = (await inside("busybox", "ls /sys/class/net; ip addr show lo")).split("\n");
    expect(interfaces[0]).toBe("lo");
    expect(interfaces.join("\n")).toMatch(/inet 127\.0\.0\.1/);
  });

  test("--read-only makes the root read-only and leaves /dev/shm and /proc usable", async () => {
    const output = await inside(
      "busybox",
      "touch /x; touch /dev/shm/y && echo shm; cat /proc/uptime >/dev/null && echo proc",
      "--read-only",
    );
    expect(output).toMatch(/Read-only file system[\s\S]*shm\nproc\n/);
  });

  test("what one container writes is not seen by another", async () => {
    expect(await inside("busybox", "echo mine > /etc/mark; cat /etc/mark")).toBe("mine\n");
    expect(await inside("busybox", "cat /etc/mark")).toMatch(/No such file/);
  });
});
