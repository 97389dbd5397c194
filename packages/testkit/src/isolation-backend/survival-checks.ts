import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

import type { IsolatedContainer } from "@gantry/core";

import { skipUnless } from "../contract.ts";
import { expectError } from "../expect-error.ts";
import {
  type IsolationBench,
  type IsolationCheck,
  create,
  finish,
  obedient,
  outputOf,
  run,
  start,
  stateOf,
  untilGone,
  untilOutput,
} from "./isolation-bench.ts";

async function load(bench: IsolationBench, id = "c1"): Promise<IsolatedContainer> {
  return bench.subject.load(id, await stateOf(bench, id));
}

export const survivalChecks: readonly IsolationCheck[] = [
  {
    rule: "load of what never was finds nothing",
    async run(bench) {
      await expectError("not-found", () => load(bench));
    },
  },
  {
    rule: "load gives a container of the same engine, in each of its states",
    async run(bench) {
      const container = await create(bench, "sleep 60");
      assert.equal(await (await load(bench)).state(), "created");
      await container.start();
      const loaded = await load(bench);
      assert.deepEqual([await loaded.state(), loaded.pid], ["running", container.pid]);
      await loaded.kill(9);
      assert.equal((await container.wait()).code, 137);
      assert.equal(await (await load(bench)).state(), "stopped");
    },
  },
  {
    rule: "a running container outlives the engine, with its pid, its output and its handlers",
    async run(bench) {
      const before = await start(bench, obedient);
      await untilOutput(before, "ready");
      const { pid } = before;
      await bench.restart();
      const container = await load(bench);
      assert.deepEqual([await container.state(), container.pid], ["running", pid]);
      await container.kill(15);
      const { exit, stdout } = await finish(container);
      assert.deepEqual([exit.code, stdout], [3, "ready\ntold\n"]);
    },
  },
  {
    rule: "what happens while no engine runs is recorded: output and exit",
    async run(bench) {
      await start(bench, "echo before; sleep 0.3; echo meanwhile; exit 5");
      await bench.stop();
      await delay(800);
      await bench.start();
      const container = await load(bench);
      assert.deepEqual([await container.state(), container.pid], ["stopped", undefined]);
      const { exit, stdout } = await finish(container);
      assert.deepEqual([exit.code, exit.lost ?? false, stdout], [5, false, "before\nmeanwhile\n"]);
      assert.ok(exit.exitedAt < BigInt(Date.now() - 200) * 1_000_000n, "the exit has the time of the load");
    },
  },
  {
    rule: "output goes on after the position of an earlier engine",
    async run(bench) {
      const before = await start(bench, obedient);
      await untilOutput(before, "ready");
      const position = await before.outputEnd();
      await bench.restart();
      const container = await load(bench);
      await container.kill(15);
      assert.equal(await outputOf(container, { from: position, follow: true }), "told\n");
    },
  },
  {
    rule: "stdin can be written by a later engine",
    async run(bench) {
      const before = await start(bench, ["cat"], { options: { openStdin: true } });
      await before.writeStdin(Buffer.from("one "));
      await untilOutput(before, "one");
      await bench.restart();
      const container = await load(bench);
      assert.equal(await container.state(), "running");
      await container.writeStdin(Buffer.from("two"));
      await container.closeStdin();
      assert.equal((await finish(container)).stdout, "one two");
    },
  },
  {
    rule: "a stopped container keeps its exit through any number of engines",
    async run(bench) {
      const { exit } = await run(bench, "echo text; exit 9");
      for (let round = 0; round < 2; round += 1) {
        await bench.restart();
        const container = await load(bench);
        const again = await finish(container);
        assert.deepEqual([again.exit.code, again.exit.exitedAt, again.stdout], [9, exit.exitedAt, "text\n"]);
      }
    },
  },
  {
    rule: "a container that was created and never started does not outlive its engine",
    async run(bench) {
      const { pid } = await create(bench, "sleep 60");
      await bench.restart();
      await expectError("not-found", () => load(bench));
      assert.deepEqual(await untilGone([pid!]), []);
      assert.equal((await run(bench, "exit 2")).exit.code, 2);
    },
  },
  {
    rule: "a paused container is paused for a later engine, which can resume it",
    async run(bench) {
      skipUnless(bench.subject.features.pause, "the backend cannot pause");
      const before = await start(bench, obedient);
      await untilOutput(before, "ready");
      await before.pause();
      await bench.restart();
      const container = await load(bench);
      assert.equal(await container.state(), "paused");
      await container.resume();
      await container.kill(15);
      assert.equal((await container.wait()).code, 3);
    },
  },
  {
    rule: "a later engine can delete a running container",
    async run(bench) {
      const before = await start(bench, "sleep 60");
      const pids = await before.processes();
      await bench.restart();
      const container = await load(bench);
      assert.deepEqual(new Set(await container.processes()), new Set(pids));
      await container.delete();
      assert.deepEqual(await untilGone(pids), []);
      await bench.restart();
      await expectError("not-found", () => load(bench));
    },
  },
];
