import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { CgroupLimiter } from "@gantry/cgroup-limits";
import type { IsolatedContainer, LimitGroup, ResourceLimits } from "@gantry/core";
import { afterAll, afterEach, describe, expect, test } from "vitest";

import { ContainerBench, finish, isAlive, notHere, written } from "./fixtures/container-bench.ts";
import { specOf } from "./fixtures/specs.ts";

describe.skipIf(notHere)(`limits on the machine's cgroups (skipped where: ${notHere ?? "nothing"})`, () => {
  const bench = new ContainerBench();
  const limiter = new CgroupLimiter({ parent: `gantry-limits-${process.pid}` });
  const groups: LimitGroup[] = [];

  afterEach(async () => {
    const left = await bench.clear();
    for (const group of groups.splice(0)) await group.remove();
    expect([...left, ...(await limiter.list())]).toEqual([]);
  });
  afterAll(async () => {
    await bench.close();
    limiter.stop();
  });

  async function limited(
    script: string,
    limits: ResourceLimits,
  ): Promise<{ container: IsolatedContainer; group: LimitGroup }> {
    const group = await limiter.create(`g${groups.length}`, limits);
    groups.push(group);
    const container = await bench.create(specOf(bench.root, ["sh", "-c", script]), { limits: group });
    await container.start();
    return { container, group };
  }

  test("64 MB in 32 MB is an OOM kill", async () => {
    const memory = 32 << 20;
    const { container, group } = await limited("exec tail -c 64m /dev/zero", { memory, memorySwap: memory });
    expect((await finish(container)).exit).toMatchObject({ code: 137, signal: 9 });
    expect(await group.oomKills()).toBe(1);
  });

  test("a fork bomb ends at the limit of processes", async () => {
    const { container, group } = await limited("bomb() { bomb | bomb & }; bomb; sleep 60", { pids: 16 });
    await sleep(500);
    const { current, limit } = (await group.stats()).pids;
    expect([current <= 16, limit]).toEqual([true, 16]);
    await container.delete();
  });

  test("half a CPU is half a CPU", async () => {
    const { group } = await limited("while :; do :; done", { cpuQuota: 50_000, cpuPeriod: 100_000 });
    await sleep(200);
    const [before, since] = [(await group.stats()).cpu.total, performance.now()];
    await sleep(2000);
    const share = ((await group.stats()).cpu.total - before) / 1e6 / (performance.now() - since);
    expect(share).toBeLessThan(0.55);
    // A machine that is busy with other things may give less than the quota.
    expect(share).toBeGreaterThan(0.2);
  });

  test("a device that is not allowed cannot be used, whoever makes its node", async () => {
    const { container } = await limited(
      "mknod /tmp/zero c 1 5 && head -c 1 /tmp/zero; head -c 1 /dev/urandom | wc -c; rm /tmp/zero",
      {
        devices: [
          { allow: false, type: "a", access: "rwm" },
          { allow: true, type: "c", access: "m" },
          { allow: true, type: "c", major: 1, minor: 9, access: "r" },
        ],
      },
    );
    const { stdout, stderr } = await finish(container);
    expect([stdout, stderr]).toEqual(["1\n", expect.stringContaining("/tmp/zero: Operation not permitted")]);
  });

  test("it sees its own groups, read-only, and no others", async () => {
    const memory = 64 << 20;
    const { container } = await limited(
      "cat /proc/self/cgroup; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max; ls -d /sys/fs/cgroup/*/gantry*; mkdir /sys/fs/cgroup/memory/x /sys/fs/cgroup/x",
      { memory },
    );
    const { stdout, stderr } = await finish(container);
    expect(stdout).toContain(`${memory}\n`);
    expect(stdout).not.toContain("gantry");
    expect(stderr.match(/Read-only file system/g)).toHaveLength(2);
    const own = stdout.split("\n").filter((line) => /:(memory|pids|freezer):/.test(line));
    expect(own.every((line) => line.endsWith(":/"))).toBe(true);
  });

  test("a container that stands still does nothing, and can be killed", async () => {
    const { container } = await limited("while :; do echo x; sleep 0.01; done", {});
    await expect.poll(() => written(container)).not.toBe("");
    await container.pause();
    expect(await container.state()).toBe("paused");
    await sleep(50);
    const before = await container.outputEnd();
    await sleep(150);
    expect(await container.outputEnd()).toBe(before);
    await expect(container.exec("e", specOf(bench.root, ["true"]).process, bench.options("e"))).rejects.toMatchObject({
      code: "conflict",
    });
    const { pid = 0 } = container;
    await container.delete();
    expect(isAlive(pid)).toBe(false);
  });

  test("an added process is in the group, and its filter is the container's", async () => {
    const { container, group } = await limited("sleep 60", {});
    const process = {
      ...specOf(bench.root, ["sh", "-c", "grep Seccomp: /proc/self/status; mount -t tmpfs x /tmp; sleep 60"]).process,
    };
    const added = await container.exec("e1", process, bench.options("e1"));
    await added.start();
    await expect.poll(() => written(added)).toMatch(/Seccomp:\t2\n.*(denied|not permitted)/);
    expect(await group.pids()).toContain(added.pid);
    await added.delete();
    expect(await container.state()).toBe("running");
  });

  test("when its monitor is killed, all of a container ends, and it is lost", async () => {
    const { container, group } = await limited("sleep 60 & sleep 61", {});
    await expect.poll(() => group.pids()).toHaveLength(2);
    const pids = await group.pids();
    process.kill(parentOf(container.pid ?? 0), "SIGKILL");
    expect(await container.wait()).toMatchObject({ code: 255, lost: true });
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
    expect(await container.state()).toBe("stopped");
  });

  test("a later engine finds a container whose monitor was killed, and nothing of it is left", async () => {
    const { container, group } = await limited("trap '' TERM; sleep 60 & sleep 61", {});
    await expect.poll(() => group.pids()).toHaveLength(2);
    const monitor = parentOf(container.pid ?? 0);
    await bench.restart();
    process.kill(monitor, "SIGKILL");
    const loaded = await bench.backend.load(container.id, { ...bench.options(container.id), limits: group });
    expect(await loaded.wait()).toMatchObject({ lost: true });
    expect(await group.pids()).toEqual([]);
    await loaded.delete();
    await expect(bench.backend.load(container.id, bench.options(container.id))).rejects.toMatchObject({
      code: "not-found",
    });
    expect(existsSync(bench.options(container.id).stateDirectory)).toBe(false);
  });
});

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}
