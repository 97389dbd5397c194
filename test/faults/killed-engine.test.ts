import { join } from "node:path";

import { createEngine } from "@gantry/runtime";
import type { Engine } from "@gantry/engine";
import { describe, expect, test } from "vitest";

import { docker, temporaryRoots } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { Worker } from "../harness/worker.ts";

const reason = obstacle();
const count = 20;
const script = join(import.meta.dirname, "workers/start-writers.ts");

async function logOf(engine: Engine, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const { data } of engine.containers.logs(name)) chunks.push(data);
  return Buffer.concat(chunks).toString();
}

/** Starts the containers, kills their engine, and gives the test a new one. */
async function afterKill(lines: number, settle: number, check: (engine: Engine) => Promise<void>): Promise<void> {
  using roots = temporaryRoots();
  expect(await docker(roots, ["pull", "-q", "busybox"])).toMatchObject({ status: 0 });
  const before = machineState(roots);
  {
    await using worker = new Worker(script, [roots.dataRoot, roots.execRoot, String(count), String(lines)]);
    await eventually(() => worker.lines.includes("ready") || !worker.running, Boolean, 60_000);
    expect(worker.errors).toBe("");
  }
  await new Promise((resolve) => setTimeout(resolve, settle));
  {
    await using engine = await createEngine({ root: roots.dataRoot, execRoot: roots.execRoot });
    try {
      expect((await engine.containers.list({ all: true })).map(({ name }) => name).toSorted()).toEqual(
        Array.from({ length: count }, (_, index) => `writer-${index}`).toSorted(),
      );
      await check(engine);
    } finally {
      for (const { id } of await engine.containers.list({ all: true }))
        await engine.containers.remove(id, { force: true });
    }
  }
  expect(await leftBehind(roots, before)).toEqual([]);
}

async function expectComplete(engine: Engine, index: number, lines: number): Promise<void> {
  const expected = Array.from({ length: lines }, (_, line) => `line ${line}\n`).join("");
  expect(await logOf(engine, `writer-${index}`)).toBe(expected);
  expect((await engine.containers.inspect(`writer-${index}`)).state).toMatchObject({
    status: "exited",
    exitCode: index,
    oomKilled: false,
    pid: 0,
  });
}

describe.skipIf(reason !== undefined)(titled("kill -9 of the engine while containers write", reason), () => {
  test("a new engine has each one's true state, exit code and every line of those that exited meanwhile", async () => {
    await afterKill(500, 6000, async (engine) => {
      for (let index = 0; index < count; index += 1) await expectComplete(engine, index, 500);
    });
  });

  test("a new engine takes back those that still run, and loses no line of theirs", async () => {
    await afterKill(2000, 0, async (engine) => {
      const running = (await engine.containers.list()).length;
      expect(running).toBeGreaterThan(0);
      for (let index = 0; index < count; index += 1) {
        expect(await engine.containers.wait(`writer-${index}`)).toMatchObject({ exitCode: index });
        await expectComplete(engine, index, 2000);
      }
    });
  });
});
