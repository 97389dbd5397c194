import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { createEngine } from "@gantry/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { type Roots, docker as call, errorLines, temporaryRoots } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { obstacle, titled } from "../harness/requirements.ts";

const reason = obstacle();
const env = { GANTRY_EMBEDDED: "", GANTRY_IDLE_TIMEOUT: "1" };
let roots: Roots & Disposable;
let before: ReadonlySet<string>;

const docker = (...args: string[]) => call(roots, args, { env });

/** The processes that were the daemon of these roots, by its log. */
function daemons(): number[] {
  const log = readFileSync(join(roots.execRoot, "dockerd.log"), "utf8");
  return [...log.matchAll(/msg="ready".* pid=(\d+)/g)].map(([, pid]) => Number(pid));
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

describe.skipIf(reason !== undefined)(titled("an engine on demand", reason), () => {
  beforeEach(() => {
    roots = temporaryRoots();
    before = machineState(roots);
  });
  afterEach(async () => {
    const left = await leftBehind(roots, before);
    roots[Symbol.dispose]();
    expect(left).toEqual([]);
  });

  test("is started once, serves the calls that follow, and leaves when it is idle", async () => {
    expect(await docker("ps", "-q")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect((await docker("run", "--rm", "-q", "busybox", "echo", "hi")).stdout).toBe("hi\n");
    expect(daemons()).toHaveLength(1);
    expect(await eventually(() => isGone(daemons()[0]!), Boolean)).toBe(true);
  });

  test("is one, however many ask for it at once", { timeout: 240_000 }, async () => {
    const calls = await Promise.all(Array.from({ length: 12 }, () => docker("images", "-q")));
    expect(calls).toEqual(calls.map(() => ({ status: 0, stdout: "", stderr: "" })));
    expect(daemons()).toHaveLength(1);
  });

  test("leaves containers alone, and finds them again", async () => {
    const { stdout: id } = await docker("run", "-d", "-q", "--name", "worker", "busybox", "sleep", "1000");
    const [first] = daemons();
    expect(await eventually(() => isGone(first!), Boolean)).toBe(true);
    expect((await docker("ps", "-q", "--no-trunc")).stdout).toBe(id);
    expect((await docker("kill", "worker")).stdout).toBe("worker\n");
    expect((await docker("wait", "worker")).stdout).toBe("137\n");
    await docker("rm", "worker");
    expect(daemons().length).toBeGreaterThan(1);
  });

  test("is there again after it was killed", async () => {
    await docker("ps");
    process.kill(daemons()[0]!, "SIGKILL");
    expect(await docker("ps", "-q")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(daemons()).toHaveLength(2);
  });

  test("that cannot start says why in one line", async () => {
    writeFileSync(roots.dataRoot, "no directory");
    const run = await docker("run", "busybox");
    expect(run.status).toBe(125);
    expect(errorLines(run.stderr)).toEqual([expect.stringContaining(roots.dataRoot)]);
  });

  test("waits for no other engine for long, and tells who holds the directories", async () => {
    await using _engine = await createEngine({ root: roots.dataRoot, execRoot: roots.execRoot });
    const run = await docker("ps");
    expect(run.status).toBe(1);
    expect(errorLines(run.stderr)).toEqual([expect.stringContaining(`in use by process ${process.pid} `)]);
  });

  test("is not started where another one is named", async () => {
    const run = await call(roots, ["-H", "unix:///nonexistent.sock", "ps"], { env });
    expect(run.status).toBe(1);
    expect(errorLines(run.stderr)).toEqual([expect.stringContaining("cannot reach unix:///nonexistent.sock")]);
  });
});
