import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { obstacle, titled } from "../harness/requirements.ts";
import { tarOf } from "./payloads.ts";
import { seedDaemon } from "./seed-daemon.ts";

const reason = obstacle();
/** Docker's fourteen. */
const capabilities = "00000000a80425fb";
const fixedPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

describe.skipIf(reason !== undefined)(titled("isolation", reason), () => {
  const daemon = seedDaemon();
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "gantry-seed-"));
    writeFileSync(join(directory, "secret"), "of the host");
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** What a shell script prints in a new container, both streams. */
  async function inside(image: string, script: string, ...flags: string[]): Promise<string> {
    const command = ["run", "--rm", "--network", "none", ...flags, image, "sh", "-c", `{ ${script}\n} 2>&1`];
    return (await daemon().docker(command)).stdout;
  }

  test("S03 any server: the same image and command give the same on the native backend", async () => {
    const { stdout, status, stderr } = await daemon().docker([
      "run",
      "--rm",
      "--network",
      "none",
      "base",
      "sh",
      "-c",
      ". /etc/os-release; echo $ID; uname -m; exit 3",
    ]);
    expect({ stdout, status, stderr }).toEqual({ stdout: "debian\nx86_64\n", status: 3, stderr: "" });
    expect(await daemon().api.get("/info")).toMatchObject({
      CgroupVersion: expect.stringMatching(/^[12]$/),
      Driver: expect.any(String),
    });
  });

  test("S04 isolation between containers and host: what belongs to others is invisible or refused", async () => {
    const outsider = spawn("sleep", ["1000"]);
    try {
      await daemon().print("run", "-d", "--network", "none", "--name", "other", "busybox", "sleep", "1000");
      const { State } = await daemon().api.get<{ State: { Pid: number } }>("/containers/other/json");
      const before = readFileSync("/etc/hostname", "utf8");
      const pids = [outsider.pid, State.Pid, process.pid];
      expect(await inside("busybox", "echo /proc/[0-9]*; cat /proc/1/comm; :")).toBe("/proc/1\nsh\n");
      expect(await inside("busybox", `for pid in ${pids.join(" ")}; do kill -9 $pid; done`)).toMatch(
        /^(.*No such process\n){3}$/i,
      );
      expect(await inside("busybox", `cat /proc/1/root${directory}/secret /proc/1/cwd${directory}/secret`)).not.toMatch(
        /^of the host/m,
      );
      const refused = [
        "mount -t tmpfs none /mnt",
        "mount -o remount,rw /proc/sys",
        "mknod /tmp/disk b 8 0 && head -c 1 /tmp/disk",
        "hostname evil",
        "echo evil > /proc/sys/kernel/hostname",
        "unshare -m true",
      ];
      const attempts = refused.map((command) => `if ${command}; then echo allowed; fi; echo ---`).join("\n");
      const answers = (await inside("busybox", attempts)).split("---\n").slice(0, -1);
      expect(answers).toEqual(
        refused.map(() => expect.stringMatching(/not permitted|denied|read-only file system|can't/i)),
      );
      expect(answers.join("")).not.toContain("allowed");
      // ptrace(PTRACE_ATTACH), init_module: by number, for Debian's perl has no names for them.
      const call = (words: string) =>
        inside("base", `perl -e 'syscall(${words}) == -1 or die "allowed\\n"; print "$!\\n"'`);
      expect(await call(`101, 16, ${State.Pid}, 0, 0`)).toMatch(/^(No such process|Operation not permitted)\n$/);
      expect(await call("175, 0, 0, 0")).toBe("Operation not permitted\n");
      expect(await inside("busybox", "hostname")).toMatch(/^[0-9a-f]{12}\n$/);
      expect([readFileSync("/etc/hostname", "utf8"), hostname()]).toEqual([before, hostname()]);
      expect(hostname()).not.toBe("evil");
      expect(outsider.exitCode ?? outsider.signalCode).toBeNull();
      expect(await daemon().print("ps", "-q", "--filter", "name=other")).not.toBe("");
    } finally {
      outsider.kill("SIGKILL");
    }
  });

  test("S05 repeatability: the same output, exit code and changes again, also beside 20 others", async () => {
    const script =
      "env; id; pwd; ls /; echo made > /made; rm /etc/hosts-old /etc/services 2>/dev/null; umask; ulimit -n; cat /etc/passwd; exit 6";
    const once = async () => {
      const { stdout, stderr, status } = await daemon().docker([
        "run",
        "--network",
        "none",
        "--hostname",
        "same",
        "--name",
        "repeated",
        "busybox",
        "sh",
        "-c",
        script,
      ]);
      const changes = await daemon().print("diff", "repeated");
      await daemon().print("rm", "repeated");
      return { stdout, stderr, status, changes };
    };
    const first = await once();
    expect(first).toMatchObject({ status: 6, changes: "A /made\n" });
    expect(await once()).toEqual(first);
    const { api } = daemon();
    const others = Array.from({ length: 20 }, async () => {
      const body = {
        Image: "busybox",
        Cmd: ["sh", "-c", "while :; do echo noise > /made; sleep 0.2; done"],
        HostConfig: { NetworkMode: "none" },
      };
      const { Id } = await api.post<{ Id: string }>("/containers/create", body);
      await api.post(`/containers/${Id}/start`);
    });
    await Promise.all(others);
    expect(await once()).toEqual(first);
    const environment = (await inside("busybox", "env")).split("\n").filter((line) => !/^(PWD|SHLVL|_)=/.test(line));
    expect(environment.toSorted()).toEqual([
      "",
      "HOME=/root",
      expect.stringMatching(/^HOSTNAME=[0-9a-f]{12}$/),
      fixedPath,
    ]);
  });

  test("S06 filesystem isolation, S33 environment, root filesystem: a file of one is in no other, and no path leads out", async () => {
    const run = (name: string, script: string) =>
      daemon().print(
        "run",
        "-d",
        "--network",
        "none",
        "--name",
        name,
        "busybox",
        "sh",
        "-c",
        `${script}; exec sleep 1000`,
      );
    await run(
      "writer",
      `echo mine > /x; ln -s ${directory} /escape; ln -s ../../../..${directory} /relative; ln -s / /self`,
    );
    await run("neighbour", ":");
    const secret = `${directory}/secret`;
    const reads = [
      `/../../..${secret}`,
      `/escape/secret`,
      `/relative/secret`,
      `/self/..${secret}`,
      `/proc/1/root/..${secret}`,
    ];
    for (const path of reads) {
      expect(await daemon().docker(["exec", "writer", "cat", path]), path).toMatchObject({ status: 1, stdout: "" });
      const answer = await daemon().api.call("GET", `/containers/writer/archive?path=${encodeURIComponent(path)}`);
      expect(answer.body.includes("of the host"), path).toBe(false);
    }
    // What is copied in through a link stays within the root as well.
    const plant = join(directory, "plant");
    mkdirSync(plant);
    writeFileSync(join(plant, "planted"), "x");
    const archive = tarOf(plant);
    for (const path of ["/escape", "/relative"]) {
      const { status } = await daemon().api.call("PUT", `/containers/writer/archive?path=${path}`, archive);
      expect(existsSync(join(directory, "planted")), `${path}: ${status}`).toBe(false);
    }
    expect(await daemon().print("exec", "writer", "cat", "/x")).toBe("mine\n");
    expect(await daemon().docker(["exec", "neighbour", "cat", "/x"])).toMatchObject({ status: 1 });
    expect(await inside("busybox", "ls /x")).toMatch(/No such file/);
    expect(existsSync("/x")).toBe(false);
  });

  test("S43 environment, security: capabilities, seccomp, no-new-privileges, masked paths, devices", async () => {
    const status = await inside("busybox", "cat /proc/self/status");
    for (const set of ["CapPrm", "CapEff", "CapBnd"])
      expect(status).toMatch(new RegExp(`^${set}:\\s+${capabilities}$`, "m"));
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    const dropped = await inside(
      "busybox",
      "cat /proc/self/status",
      "--cap-drop",
      "ALL",
      "--cap-add",
      "CHOWN",
      "--security-opt",
      "no-new-privileges",
    );
    expect(dropped).toMatch(/^CapBnd:\s+0{15}1$/m);
    expect(dropped).toMatch(/^NoNewPrivs:\s+1$/m);
    expect(await inside("busybox", "cat /proc/self/status", "--security-opt", "seccomp=unconfined")).toMatch(
      /^Seccomp:\s+0$/m,
    );
    const masked =
      "head -c 1 /proc/kcore | wc -c; cat /proc/keys /proc/timer_list | wc -c; ls /proc/acpi /sys/firmware | grep -v :";
    expect(
      (await inside("busybox", masked))
        .replaceAll(/\S+: .*\n/g, "")
        .trim()
        .split(/\s+/),
    ).toEqual(["0", "0"]);
    expect(await inside("busybox", "echo 1 > /proc/sys/kernel/panic; echo b > /proc/sysrq-trigger")).toMatch(
      /^.*read-only file system\n.*(read-only file system|nonexistent directory)\n$/i,
    );
    const devices = ["c 1 1", "c 1 2", "b 8 0", "c 10 229"];
    const opens = devices.map(
      (numbers, index) => `mknod /tmp/${index} ${numbers}; head -c 1 /tmp/${index} && echo opened; echo ---`,
    );
    const opened = (await inside("busybox", opens.join("\n"))).split("---\n").slice(0, -1);
    expect(opened).toEqual(devices.map(() => expect.stringMatching(/not permitted/)));
    expect(opened.join("")).not.toContain("opened");
    expect(
      await inside("busybox", "echo lost > /dev/null; head -c 3 /dev/zero | wc -c; head -c 5 /dev/urandom | wc -c"),
    ).toBe("3\n5\n");
  });
});
