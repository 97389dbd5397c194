import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { HelperMounter } from "../src/mounter.ts";
import { readExitRecord, readLaunchRecord } from "../src/records.ts";
import { Bench, Clone, collect, execute, isRunning, outputHolds, program, shell, until } from "./bench.ts";

let bench: Bench;

beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(async () => {
  await bench.close();
});

describe("exit", () => {
  it.each([
    ["exit 0", { code: 0 }],
    ["exit 3", { code: 3 }],
    ["exit 255", { code: 255 }],
  ])("reports the code of `%s`", async (script, expected) => {
    const { status } = await bench.finish(program([shell(script)]));
    expect(status).toEqual({ ...expected, exitedAt: expect.any(BigInt) });
    expect(Math.abs(Number(status.exitedAt / 1_000_000n) - Date.now())).toBeLessThan(10_000);
  });

  it.each([1, 9, 15, 34])("reports signal %i", async (signal) => {
    const monitor = await bench.launch(program([execute("sleep", "1000")], { cloneFlags: 0 }));
    await monitor.signal(signal);
    expect(await monitor.wait()).toMatchObject({ code: 128 + signal, signal });
  });

  it("is on disk before it is told, and the monitor is gone afterwards", async () => {
    const location = await bench.location();
    const { status, monitor } = await bench.finish(program([shell("exit 7")]));
    expect(await readExitRecord(location.directory)).toEqual(status);
    await until(() => !existsSync(location.socket));
    expect(await bench.helper.reconnect(location)).toBeUndefined();
    expect(await monitor.wait()).toEqual(status);
    await expect(monitor.signal(15)).rejects.toMatchObject({ code: "conflict" });
    await expect(monitor.resize({ rows: 1, columns: 1 })).rejects.toMatchObject({ code: "conflict" });
    await expect(monitor.start()).rejects.toMatchObject({ code: "conflict" });
    await monitor.writeStdin(Buffer.from("nobody reads this"));
    expect(monitor.pid).toBeUndefined();
    expect(await monitor.started()).toBe(true);
  });

  it("does not wait for a process that still holds the pipes", async () => {
    const script = "sleep 30 & echo $!; exit 5";
    const { status, stdout } = await bench.finish(program([shell(script)], { cloneFlags: 0 }));
    process.kill(Number(stdout.toString()), "SIGKILL");
    expect(status.code).toBe(5);
  });

  it("reports a lost monitor, whose process dies with it", async () => {
    const monitor = await bench.launch(program([execute("sleep", "1000")]));
    const pid = monitor.pid!;
    const { monitorPid } = (await readLaunchRecord((await bench.location()).directory))!;
    process.kill(monitorPid, "SIGKILL");
    expect(await monitor.wait()).toMatchObject({ code: 255, lost: true });
    await until(() => !isRunning(pid));
  });

  it("tells of a known end even after it was disconnected", async () => {
    const monitor = await bench.launch(program([execute("true")]));
    await monitor.wait();
    monitor.disconnect();
    await expect(monitor.signal(9)).rejects.toMatchObject({ code: "conflict" });
  });

  it("rejects a wait that is aborted and goes on", async () => {
    const monitor = await bench.launch(program([execute("sleep", "1000")]));
    const reason = new Error("enough");
    await expect(monitor.wait({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await monitor.signal(9);
    expect(await monitor.wait()).toMatchObject({ signal: 9 });
  });
});

describe("output", () => {
  it("is exact and in order on both streams", async () => {
    const size = 10 * 1024 * 1024;
    const script = `head -c ${size} /dev/urandom | tee /dev/stderr | sha256sum > hash`;
    const { directory } = await bench.location();
    const { stdout, stderr, chunks } = await bench.finish(
      program([
        { do: "change-directory", path: directory, create: false, uid: 0, gid: 0 },
        shell(`exec 3>&1; { ${script}; } && cat hash`),
      ]),
    );
    expect(stderr.length).toBe(size);
    expect(stdout.toString()).toContain(createHash("sha256").update(stderr).digest("hex"));
    let position = 0;
    for (const { data, next } of chunks) expect(next).toBe((position += data.length));
    const times = chunks.map(({ time }) => time);
    expect(times).toEqual(times.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it("keeps the order of streams that are written one after the other", async () => {
    const script = "for i in 1 2 3; do echo out$i; sleep 0.05; echo err$i >&2; sleep 0.05; done";
    const { chunks } = await bench.finish(program([shell(script)]));
    const seen = chunks.map(({ stream, data }) => `${stream}:${Buffer.from(data).toString().trim()}`);
    expect(seen.join(" ")).toBe("stdout:out1 stderr:err1 stdout:out2 stderr:err2 stdout:out3 stderr:err3");
  });

  it("does not stall the process for a slow reader, who then meets the gap", async () => {
    const bytes = 8_000_000;
    const monitor = await bench.launch(
      program([{ do: "barrier" }, shell(`head -c ${bytes} /dev/zero; echo end`)], { outputLimit: 1 << 20 }),
    );
    const reader = monitor.output({ from: 0, follow: true })[Symbol.asyncIterator]();
    const first = reader.next();
    await monitor.start();
    await first;
    expect(await monitor.wait()).toMatchObject({ code: 0 });
    let [lost, received, position] = [0, 0, 0];
    for (let item = await first; !item.done; item = await reader.next()) {
      lost += item.value.lost ?? 0;
      received += item.value.data.length;
      position = item.value.next;
    }
    expect(position).toBe(bytes + 4);
    expect(lost).toBeGreaterThan(0);
    expect(received + lost).toBe(bytes + 4);
    const kept = (await collect(monitor)).stdout.length;
    expect(kept).toBeGreaterThan(700_000);
    expect(kept).toBeLessThanOrEqual(1 << 20);
  });

  it("serves several followers the same bytes while they are written", async () => {
    const monitor = await bench.launch(
      program([{ do: "barrier" }, shell("for i in $(seq 200); do echo line $i; done; sleep 0.1; echo last >&2")]),
    );
    const followers = [1, 2, 3].map(() => collect(monitor, { follow: true }));
    await monitor.start();
    const [first, ...others] = await Promise.all(followers);
    expect(first?.stdout.toString().split("\n")).toHaveLength(201);
    expect(first?.stderr.toString()).toBe("last\n");
    for (const other of others) expect(other).toEqual(first);
  });

  it("continues its positions at the next launch and forgets the earlier exit", async () => {
    const first = await bench.finish(program([shell("echo one; exit 4")]));
    expect(await first.monitor.outputEnd()).toBe(4);
    const monitor = await bench.launch(program([{ do: "barrier" }, shell("echo three")]));
    expect(await readExitRecord((await bench.location()).directory)).toBeUndefined();
    expect(await monitor.outputEnd()).toBe(4);
    expect(await monitor.started()).toBe(false);
    await monitor.start();
    expect(await monitor.wait()).toMatchObject({ code: 0 });
    expect((await collect(monitor, { from: 4 })).stdout.toString()).toBe("three\n");
    expect((await collect(monitor)).stdout.toString()).toBe("one\nthree\n");
  });

  it("drops what is released", async () => {
    const monitor = await bench.launch(
      program([shell("head -c 3000000 /dev/zero; echo done >&2; sleep 1000")], { outputLimit: 1 << 24 }),
    );
    await outputHolds(monitor, "done");
    const { directory } = await bench.location();
    const segments = async () => (await readdir(directory)).filter((name) => name.startsWith("output."));
    expect((await segments()).length).toBeGreaterThan(1);
    await monitor.releaseOutput(await monitor.outputEnd());
    expect(await segments()).toHaveLength(1);
  });

  it.each([
    ["that its output fills", "head -c 9000000 /dev/zero; echo end; exit 4"],
    ["that it fills", "cat /dev/zero > DIR/fill; echo end; exit 4"],
  ])("on a disk %s keeps the exit, says what is lost, and never stalls the process", async (_, script) => {
    const { directory } = await bench.location();
    const mounter = new HelperMounter(bench.helper);
    await mounter.mount([{ type: "tmpfs", source: "tmpfs", options: ["size=2m"] }], directory);
    try {
      const { status, chunks } = await bench.finish(program([shell(script.replace("DIR", directory))]));
      expect(status.code).toBe(4);
      expect(await readExitRecord(directory)).toEqual(status);
      const gaps = chunks.slice(1).reduce((sum, { data, lost = 0 }) => sum + data.length + lost, chunks[0]?.next ?? 0);
      expect(chunks.at(-1)?.next ?? 0).toBe(gaps);
    } finally {
      await mounter.unmount(directory);
    }
  });

  it("is not begun on a disk that is full", async () => {
    const { directory } = await bench.location();
    const mounter = new HelperMounter(bench.helper);
    await mounter.mount([{ type: "tmpfs", source: "tmpfs", options: ["size=1m,nr_inodes=1"] }], directory);
    try {
      const monitor = await bench.monitor();
      await expect(monitor.launch(program([execute("true")]))).rejects.toMatchObject({ code: "unavailable" });
    } finally {
      await mounter.unmount(directory);
    }
  });
});

describe("standard input", () => {
  it("is at its end when it is not open", async () => {
    const { stdout } = await bench.finish(program([shell("wc -c")]));
    expect(stdout.toString().trim()).toBe("0");
  });

  it("carries bytes and ends while the output goes on", async () => {
    const monitor = await bench.launch(program([shell("sha256sum; echo after")], { openStdin: true }));
    const data = Buffer.alloc(3_000_000, "gantry");
    await monitor.writeStdin(data);
    await monitor.closeStdin();
    expect(await monitor.wait()).toMatchObject({ code: 0 });
    const { stdout } = await collect(monitor);
    expect(stdout.toString()).toContain(createHash("sha256").update(data).digest("hex"));
    expect(stdout.toString()).toContain("after");
  });

  it("holds the writer back, and nobody else, while the program does not read", async () => {
    const monitor = await bench.launch(program([shell("read go < /dev/zero; :")], { openStdin: true }));
    let taken = false;
    const write = monitor.writeStdin(Buffer.alloc(1_000_000)).then(() => (taken = true));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(taken).toBe(false);
    await monitor.signal(9);
    expect(await monitor.wait()).toMatchObject({ signal: 9 });
    await write;
  });

  it("is dropped once the program has closed it", async () => {
    const monitor = await bench.launch(program([shell("exec <&-; echo closed; sleep 1000")], { openStdin: true }));
    await outputHolds(monitor, "closed");
    await expect(monitor.writeStdin(Buffer.alloc(1_000_000))).resolves.toBeUndefined();
  });
});

describe("launch", () => {
  it("separates create from start at the barrier", async () => {
    const monitor = await bench.monitor();
    const pid = await monitor.launch(program([{ do: "barrier" }, shell("echo $$")]));
    expect(isRunning(pid)).toBe(true);
    expect(monitor.pid).toBe(pid);
    expect(await monitor.started()).toBe(false);
    await monitor.start();
    expect((await monitor.wait()).code).toBe(0);
    expect((await collect(monitor)).stdout.toString()).toBe("1\n");
  });

  it("leaves nothing when the launcher goes away before start", async () => {
    const location = await bench.location();
    const monitor = await bench.monitor();
    const pid = await monitor.launch(program([{ do: "barrier" }, execute("sleep", "1000")]));
    monitor.disconnect();
    await until(() => !isRunning(pid) && !existsSync(location.socket));
    expect(await readdir(location.directory)).toEqual([]);
  });

  it("leaves nothing when nothing is launched", async () => {
    const location = await bench.location();
    const monitor = await bench.monitor();
    expect(existsSync(location.socket)).toBe(true);
    monitor.disconnect();
    await until(() => !existsSync(location.socket));
  });

  it("takes the end of a created process for its exit", async () => {
    const monitor = await bench.launch(program([{ do: "barrier" }, execute("true")]));
    await monitor.signal(9);
    expect(await monitor.wait()).toMatchObject({ code: 137, signal: 9 });
    await expect(monitor.start()).rejects.toMatchObject({ code: "conflict" });
  });

  it("undoes a launch that is aborted", async () => {
    const location = await bench.location();
    const monitor = await bench.monitor();
    const controller = new AbortController();
    const fifo = `${location.directory}/fifo`;
    await bench.helper.run([{ do: "make-node", path: fifo, mode: 0o10600, major: 0, minor: 0, uid: 0, gid: 0 }]);
    const blocked = program([{ do: "write-file", path: fifo, data: "x" }, execute("true")]);
    const launch = monitor.launch(blocked, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(launch).rejects.toThrow("enough");
    await until(() => !existsSync(location.socket));
  });

  it("passes arguments unchanged", async () => {
    const argv = ["a b", "", "q'\"\\", "new\nline", "täxt ✓", "x".repeat(100_000)];
    const script = 'for a; do printf "%s\\0" "$a"; done';
    const { stdout } = await bench.finish(program([execute("sh", "-c", script, "sh", ...argv)]));
    expect(stdout.toString()).toBe(argv.map((argument) => `${argument}\0`).join(""));
  });

  it("leaves the process no descriptor, signal mask or environment of the helper's", async () => {
    const { stdout } = await bench.finish(
      program(
        [{ do: "execute", argv: ["/bin/sh", "-c", "ls /proc/self/fd; env; grep Sig /proc/self/status"], env: ["A=1"] }],
        {
          cloneFlags: 0,
        },
      ),
    );
    const text = stdout.toString();
    // `ls` itself holds 3.
    expect(text.startsWith("0\n1\n2\n3\n")).toBe(true);
    expect(
      text
        .split("\n")
        .slice(4)
        .filter((line) => line.includes("=") && !/^(A=1|PWD=|_=)/.test(line)),
    ).toEqual([]);
    expect(text).toMatch(/SigBlk:\s0+\n/);
    expect(text).toMatch(/SigIgn:\s0+\n/);
  });

  it("runs from a sealed copy, which nobody can write", async () => {
    const monitor = await bench.launch(program([{ do: "barrier" }, execute("true")]));
    const maps = await readFile(`/proc/${monitor.pid}/maps`, "utf8");
    expect(maps).toContain("/memfd:gantry-helper");
    expect(maps).not.toContain("gantry-helper-linux");
  });

  it("reports a second launch and a second monitor on one socket", async () => {
    const monitor = await bench.launch(program([execute("sleep", "1000")]));
    await expect(monitor.launch(program([execute("true")]))).rejects.toMatchObject({ code: "conflict" });
    await expect(bench.monitor()).rejects.toMatchObject({ code: "conflict" });
  });

  it("takes a path that is too long for a socket's", async () => {
    const { status } = await bench.finish(program([execute("true")]), `${"x".repeat(200)}/c`);
    expect(status.code).toBe(0);
  });

  it("isolates what it is told to isolate", async () => {
    const all = Clone.mount | Clone.pid | Clone.uts | Clone.ipc | Clone.network | Clone.cgroup;
    const { stdout } = await bench.finish(
      program([{ do: "hostname", name: "inside" }, shell("hostname; echo $$; ls /sys/class/net")], { cloneFlags: all }),
    );
    expect(stdout.toString().split("\n").slice(0, 2)).toEqual(["inside", "1"]);
    expect((await readFile("/proc/sys/kernel/hostname", "utf8")).trim()).not.toBe("inside");
  });
});
