import { setTimeout as sleep } from "node:timers/promises";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { describe, expect, inject, test } from "vitest";

import { eventually } from "../harness/eventually.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { seedDaemon } from "./seed-daemon.ts";

const reason = obstacle("du");
const roots = inject("roots");

interface State {
  State: { Pid: number; ExitCode: number; OOMKilled: boolean; Running: boolean };
}

describe.skipIf(reason !== undefined)(titled("limits", reason), () => {
  const daemon = seedDaemon();
  const state = async (name: string) => (await daemon().api.get<State>(`/containers/${name}/json`)).State;
  const run = (name: string, image: string, command: string[], ...flags: string[]) =>
    daemon().print("run", "-d", "--network", "none", "--name", name, ...flags, image, ...command);
  /** Nanoseconds. */
  const cpuTime = async (name: string): Promise<number> => {
    interface Stats {
      cpu_stats: { cpu_usage: { total_usage: number } };
    }
    const stats = await daemon().api.get<Stats>(`/containers/${name}/stats?stream=0&one-shot=1`);
    return stats.cpu_stats.cpu_usage.total_usage;
  };

  test("S07 resource isolation, memory: -m 32M ends a program that takes 64 MB, beside one that may have 128M", async () => {
    const allocate = ["perl", "-e", '$| = 1; vec($data, (64 << 20) - 1, 8) = 1; print "survived\\n"; sleep 1000'];
    await run("large", "base", allocate, "-m", "128M");
    await run("small", "base", allocate, "-m", "32M", "--memory-swap", "32M");
    expect(await daemon().print("wait", "small")).toBe("137\n");
    expect(await state("small")).toMatchObject({ OOMKilled: true, ExitCode: 137 });
    const survived = () => daemon().print("logs", "large");
    expect(await eventually(survived, (text) => text !== "", 60_000)).toBe("survived\n");
    expect(await state("large")).toMatchObject({ OOMKilled: false, Running: true });
    expect(await daemon().print("logs", "small")).toBe("");
  });

  test("S08 resource isolation, cpu: shares of 1024 and 256 on one processor give four times the CPU time", async () => {
    const loop = ["sh", "-c", "while :; do :; done"];
    // One processor, or there would be nothing to share.
    const processor = ["--cpuset-cpus", "0"];
    await run("large", "busybox", loop, "--cpu-shares", "1024", ...processor);
    await run("small", "busybox", loop, "--cpu-shares", "256", ...processor);
    const times = async () => Promise.all([cpuTime("large"), cpuTime("small")]);
    const begin = await times();
    const used = async () => (await times()).map((time, index) => time - begin[index]!) as [number, number];
    // As long as it takes until the smaller share is some hundred of the scheduler's slices.
    const [large, small] = await eventually(used, ([, less]) => less > 1_000_000_000, 60_000);
    expect(large / small).toBeGreaterThan(4 * 0.85);
    expect(large / small).toBeLessThan(4 * 1.15);
  });

  test("S08 resource isolation, cpu: --cpus 0.5 gives at most half a second of CPU time in a second", async () => {
    await run("half", "busybox", ["sh", "-c", "while :; do :; done"], "--cpus", "0.5");
    const [before, begin] = [await cpuTime("half"), process.hrtime.bigint()];
    await sleep(3000);
    const [after, end] = [await cpuTime("half"), process.hrtime.bigint()];
    const share = (after - before) / Number(end - begin);
    expect(share).toBeLessThan(0.55);
    expect(share).toBeGreaterThan(0);
  });

  test("S38 environment, resource limits: processes, open files, and a change while it runs", async () => {
    const forks = "for i in $(seq 60); do sleep 5 & done; jobs -p | wc -l";
    const bomb = await daemon().docker([
      "run",
      "--rm",
      "--network",
      "none",
      "--pids-limit",
      "16",
      "base",
      "bash",
      "-c",
      forks,
    ]);
    expect(bomb.stderr).toMatch(/fork: .*Resource temporarily unavailable/);
    const files = await daemon().print(
      "run",
      "--rm",
      "--network",
      "none",
      "--ulimit",
      "nofile=64:128",
      "busybox",
      "sh",
      "-c",
      "ulimit -Sn; ulimit -Hn",
    );
    expect(files).toBe("64\n128\n");
    const limit = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max";
    await run("updated", "busybox", ["sleep", "1000"], "-m", "64M", "--memory-swap", "64M");
    expect(await daemon().print("exec", "updated", "sh", "-c", limit)).toBe(`${64 << 20}\n`);
    await daemon().print("update", "-m", "96M", "--memory-swap", "96M", "updated");
    expect(await daemon().print("exec", "updated", "sh", "-c", limit)).toBe(`${96 << 20}\n`);
  });

  test(
    "S10 copy-on-write: each of 100 containers starts within a second and takes less than 1 MB of disk; they share their memory",
    { timeout: 180_000 },
    async () => {
      const { api } = daemon();
      const diskUsage = () =>
        Number.parseInt(execFileSync("du", ["-sx", "-B1", roots.dataRoot], { encoding: "utf8" }), 10);
      const used = diskUsage();
      const durations: number[] = [];
      const ids: string[] = [];
      for (let index = 0; index < 100; index += 1) {
        const begin = performance.now();
        const body = {
          Image: "base",
          Cmd: ["sh", "-c", `echo ${index} > /mine; exec sleep 1000`],
          HostConfig: { NetworkMode: "none" },
        };
        const { Id } = await api.post<{ Id: string }>("/containers/create", body);
        await api.post(`/containers/${Id}/start`);
        durations.push(performance.now() - begin);
        ids.push(Id);
      }
      // The median: on a machine with other work a single one may be late.
      expect(durations.toSorted((left, right) => left - right)[50]).toBeLessThan(1000);
      expect((diskUsage() - used) / 100).toBeLessThan(1_000_000);
      const states = await Promise.all(ids.map((id) => state(id)));
      const memory = states.map(({ Pid }) => fileMemory(Pid));
      const total = (size: (one: FileMemory) => number) => memory.reduce((sum, one) => sum + size(one), 0);
      // Were nothing shared, both sums would be the same.
      expect(total(({ proportional }) => proportional)).toBeLessThan(total(({ resident }) => resident) / 10);
    },
  );
});

/** Bytes of files that a process has mapped. */
interface FileMemory {
  resident: number;
  /** Each page divided by the number of processes that have it. */
  proportional: number;
}

function fileMemory(pid: number): FileMemory {
  const sum = (key: string, text: string) =>
    [...text.matchAll(new RegExp(`^${key}:\\s+(\\d+) kB`, "gm"))].reduce(
      (total, [, size]) => total + Number(size) * 1024,
      0,
    );
  const mapped = readFileSync(`/proc/${pid}/smaps`, "utf8")
    .split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)
    .filter((mapping) => /^\S+ \S+ \S+ \S+ [1-9]\d* +\//.test(mapping))
    .join("\n");
  return { resident: sum("Rss", mapped), proportional: sum("Pss", mapped) };
}
