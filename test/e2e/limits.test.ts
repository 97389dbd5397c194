import { createEngine } from "@gantry/runtime";
import { afterEach, describe, expect, inject, test } from "vitest";

import { docker, removeContainers } from "../harness/docker.ts";
import { obstacle, titled } from "../harness/requirements.ts";

const reason = obstacle();
const roots = inject("roots");

describe.skipIf(reason !== undefined)(titled("limits", reason), () => {
  afterEach(async () => {
    await removeContainers(roots);
  });

  test("-m 32M ends a program that takes 64 MB: status 137, OOMKilled", async () => {
    const script = '$data = "x" x (64 << 20); print "survived\\n"';
    const run = await docker(roots, [
      "run",
      "--name",
      "limited",
      "-m",
      "32M",
      "--memory-swap",
      "32M",
      "base",
      "perl",
      "-e",
      script,
    ]);
    expect(run).toMatchObject({ status: 137, stdout: "" });
    await using engine = await createEngine({ root: roots.dataRoot, execRoot: roots.execRoot });
    const { state } = await engine.containers.inspect("limited");
    expect(state).toMatchObject({ status: "exited", exitCode: 137, oomKilled: true });
  });

  test("-m 512M lets it live, and it is not marked", async () => {
    const script = '$data = "x" x (64 << 20); print "survived\\n"';
    const run = await docker(roots, ["run", "--name", "limited", "-m", "512M", "base", "perl", "-e", script]);
    expect(run).toMatchObject({ status: 0, stdout: "survived\n" });
    await using engine = await createEngine({ root: roots.dataRoot, execRoot: roots.execRoot });
    expect((await engine.containers.inspect("limited")).state.oomKilled).toBe(false);
  });

  test("--cpus 0.5 holds a busy loop to half a processor", async () => {
    const script = `
      begin=$EPOCHREALTIME; end=$((SECONDS + 4))
      while [ $SECONDS -lt $end ]; do :; done
      finish=$EPOCHREALTIME
      read -r _ _ _ _ _ _ _ _ _ _ _ _ _ user system _ < /proc/self/stat
      echo "$begin $finish $((user + system))"
      cat /sys/fs/cgroup/cpu/cpu.stat 2>/dev/null || cat /sys/fs/cgroup/cpu.stat`;
    const { stdout } = await docker(roots, ["run", "--rm", "--cpus", "0.5", "base", "bash", "-c", script]);
    const [times, ...lines] = stdout.trim().split("\n");
    const [begin, end, ticks] = times!.split(" ").map(Number);
    const counts = Object.fromEntries(lines.map((line) => line.split(" ")));
    // A machine with other work may give less than is allowed: then fewer periods end by the limit.
    const limited = Number(counts.nr_throttled) / Number(counts.nr_periods);
    const share = ticks! / 100 / (end! - begin!);
    expect(limited).toBeGreaterThan(0);
    expect(share).toBeGreaterThan(0.45 * limited);
    expect(share).toBeLessThan(0.55);
  });

  test("--pids-limit 16 stops a fork bomb", async () => {
    const script = "for i in $(seq 60); do sleep 5 & done; jobs -p | wc -l";
    const run = await docker(roots, ["run", "--rm", "--pids-limit", "16", "base", "bash", "-c", script]);
    expect(run.stderr).toMatch(/fork: .*Resource temporarily unavailable/);
    const { stdout } = await docker(roots, [
      "run",
      "--rm",
      "--pids-limit",
      "16",
      "busybox",
      "sh",
      "-c",
      "b() { b | b & }; b; sleep 1; ls -d /proc/[0-9]* | wc -l",
    ]);
    expect(Number(stdout.trim() || 0)).toBeLessThanOrEqual(16);
  });
});
