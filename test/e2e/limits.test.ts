import { cpus, loadavg } from "node:os";

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

  // A machine with other work may give less than is allowed; never more.
  test("--cpus 0.5 holds a busy loop to half a processor", { retry: 3 }, async () => {
    const script = `
      begin=$EPOCHREALTIME; end=$((SECONDS + 4))
      while [ $SECONDS -lt $end ]; do :; done
      finish=$EPOCHREALTIME
      read -r _ _ _ _ _ _ _ _ _ _ _ _ _ user system _ < /proc/self/stat
      echo "$begin $finish $((user + system))"`;
    const { stdout } = await docker(roots, ["run", "--rm", "--cpus", "0.5", "base", "bash", "-c", script]);
    const [begin, end, ticks] = stdout.trim().split(" ").map(Number);
    const share = ticks! / 100 / (end! - begin!);
    const idle = loadavg()[0]! < cpus().length;
    expect(share).toBeGreaterThan(idle ? 0.45 : 0);
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
