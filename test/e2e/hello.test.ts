import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";

import { docker, removeContainers } from "../harness/docker.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { obstacle, titled } from "../harness/requirements.ts";

const reason = obstacle();
const roots = inject("roots");
let before: ReadonlySet<string>;

describe.skipIf(reason !== undefined)(titled("docker run", reason), () => {
  beforeEach(() => {
    before = machineState(roots);
  });
  afterEach(async () => {
    await removeContainers(roots);
    expect(await leftBehind(roots, before)).toEqual([]);
  });

  test("prints what a command prints inside a Debian container, and nothing else", async () => {
    const hello = await docker(roots, ["run", "--rm", "base", "echo", "hello world"]);
    expect(hello).toEqual({ status: 0, stdout: "hello world\n", stderr: "" });
    const { stdout } = await docker(roots, ["run", "--rm", "base", "cat", "/etc/os-release"]);
    expect(stdout).toContain("ID=debian");
  });

  test("keeps standard output and standard error apart, and passes the exit status on", async () => {
    const run = await docker(roots, ["run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 42"]);
    expect(run).toEqual({ status: 42, stdout: "out\n", stderr: "err\n" });
  });

  test("gives the container the caller's standard input to its end", async () => {
    const stdin = "line\n".repeat(50_000);
    expect(await docker(roots, ["run", "--rm", "-i", "busybox", "cat"], { stdin })).toEqual({
      status: 0,
      stdout: stdin,
      stderr: "",
    });
  });

  test("without -i the container reads end of file at once", async () => {
    expect((await docker(roots, ["run", "--rm", "busybox", "wc", "-c"], { stdin: "never read" })).stdout).toBe("0\n");
  });

  test("--rm leaves no container, without it the container stays", async () => {
    await docker(roots, ["run", "--rm", "--name", "gone", "busybox", "true"]);
    await docker(roots, ["run", "--name", "kept", "busybox", "true"]);
    const { stdout } = await docker(roots, ["ps", "-a", "--format", "{{.Names}}"]);
    expect(stdout).toBe("kept\n");
    expect(await docker(roots, ["rm", "kept"])).toEqual({ status: 0, stdout: "kept\n", stderr: "" });
  });

  test("-d prints the id; ps, kill, wait, logs and rm work from other calls", async () => {
    const script = 'trap "echo two; exit 7" TERM; echo one; while :; do sleep 0.1; done';
    const { stdout: id } = await docker(roots, ["run", "-d", "--name", "worker", "busybox", "sh", "-c", script]);
    expect(id).toMatch(/^[0-9a-f]{64}\n$/);
    expect((await docker(roots, ["ps", "-q", "--no-trunc"])).stdout).toBe(id);
    expect((await docker(roots, ["rm", "worker"])).status).toBe(1);
    expect((await docker(roots, ["kill", "-s", "TERM", "worker"])).stdout).toBe("worker\n");
    expect((await docker(roots, ["wait", "worker"])).stdout).toBe("7\n");
    expect((await docker(roots, ["logs", "worker"])).stdout).toBe("one\ntwo\n");
    expect((await docker(roots, ["ps", "-q"])).stdout).toBe("");
    expect((await docker(roots, ["rm", "worker"])).status).toBe(0);
  });

  test("-w, -u, -e, --entrypoint and --hostname reach the process", async () => {
    const flags = [
      "-w",
      "/tmp",
      "-u",
      "65534:65534",
      "-e",
      "GREETING=hello you",
      "--hostname",
      "box",
      "--entrypoint",
      "sh",
    ];
    const script = 'pwd; id -u; id -g; echo "$GREETING"; hostname';
    const { stdout } = await docker(roots, ["run", "--rm", ...flags, "busybox", "-c", script]);
    expect(stdout).toBe("/tmp\n65534\n65534\nhello you\nbox\n");
  });

  test("images lists base and busybox", async () => {
    const { stdout } = await docker(roots, ["images", "--format", "{{.Repository}}:{{.Tag}}"]);
    expect(stdout.trim().split("\n").toSorted()).toEqual(["base:latest", "busybox:latest"]);
  });
});
