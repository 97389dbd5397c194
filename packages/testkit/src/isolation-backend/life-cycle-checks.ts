import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { skipUnless } from "../contract.ts";
import { expectAborted, expectError } from "../expect-error.ts";
import {
  type IsolationBench,
  type IsolationCheck,
  create,
  finish,
  obedient,
  outputOf,
  run,
  runtimeSpec,
  start,
  stateOf,
  untilGone,
  untilOutput,
} from "./isolation-bench.ts";

async function expectForgotten(bench: IsolationBench, id = "c1"): Promise<void> {
  await expectError("not-found", async () => bench.subject.load(id, await stateOf(bench, id)));
  const records = await readdir(join(bench.directory, "state", id)).catch(() => []);
  assert.deepEqual(records, [], "records are left in the state directory");
}

export const lifeCycleChecks: readonly IsolationCheck[] = [
  {
    rule: "a created container has a pid, and its program does not run",
    async run(bench) {
      const container = await create(bench, "echo ran");
      assert.equal(container.id, "c1");
      assert.equal(await container.state(), "created");
      assert.ok(Number.isInteger(container.pid) && container.pid! > 0, String(container.pid));
      await delay(100);
      assert.equal(await outputOf(container), "");
    },
  },
  {
    rule: "a started container is running under the same pid",
    async run(bench) {
      const container = await create(bench, "sleep 60");
      const { pid } = container;
      await container.start();
      assert.equal(await container.state(), "running");
      assert.equal(container.pid, pid);
      assert.ok((await container.processes()).includes(pid!));
    },
  },
  {
    rule: "a container whose program has ended is stopped and has no pid",
    async run(bench) {
      const container = await start(bench, "true");
      await container.wait();
      assert.equal(await container.state(), "stopped");
      assert.equal(container.pid, undefined);
    },
  },
  {
    rule: "the exit code is the program's",
    async run(bench) {
      for (const code of [0, 1, 7, 255]) {
        const { exit } = await run(bench, `exit ${code}`, { id: `code-${code}` });
        assert.deepEqual([exit.code, exit.signal, exit.lost ?? false], [code, undefined, false]);
      }
    },
  },
  {
    rule: "a program that is killed has 128 and the signal as its code, and the signal",
    async run(bench) {
      const container = await start(bench, "sleep 60");
      await container.kill(9);
      const { code, signal } = await container.wait();
      assert.deepEqual([code, signal], [137, 9]);
    },
  },
  {
    rule: "a signal reaches a program that handles it",
    async run(bench) {
      const container = await start(bench, obedient);
      await untilOutput(container, "ready");
      await container.kill(15);
      const { exit, stdout } = await finish(container);
      assert.deepEqual([exit.code, exit.signal, stdout], [3, undefined, "ready\ntold\n"]);
    },
  },
  {
    rule: "the exit has its time, in nanoseconds",
    async run(bench) {
      const before = BigInt(Date.now() - 50) * 1_000_000n;
      const { exitedAt } = (await run(bench, "sleep 0.1")).exit;
      assert.ok(exitedAt > before && exitedAt <= BigInt(Date.now() + 50) * 1_000_000n, `${exitedAt} is not now`);
    },
  },
  {
    rule: "any number may wait, before the start, at a time and afterwards, and get the same",
    async run(bench) {
      const container = await create(bench, "sleep 0.1; exit 4");
      const early = [container.wait(), container.wait()];
      await container.start();
      const exits = [...(await Promise.all([...early, container.wait()])), await container.wait()];
      for (const exit of exits) assert.deepEqual(exit, exits[0]);
      assert.equal(exits[0]!.code, 4);
    },
  },
  {
    rule: "an aborted wait rejects with the signal's reason, and the container goes on",
    async run(bench) {
      const container = await start(bench, "sleep 60");
      await expectAborted((signal) => container.wait({ signal }));
      const caller = new AbortController();
      const waiting = container.wait({ signal: caller.signal });
      caller.abort(new Error("given up"));
      await assert.rejects(waiting, /given up/);
      assert.equal(await container.state(), "running");
    },
  },
  {
    rule: "start of a running or stopped container is a conflict",
    async run(bench) {
      const container = await start(bench, "sleep 60");
      await expectError("conflict", () => container.start());
      await container.kill(9);
      await container.wait();
      await expectError("conflict", () => container.start());
    },
  },
  {
    rule: "kill of a stopped container is a conflict",
    async run(bench) {
      const container = await start(bench, "true");
      await container.wait();
      await expectError("conflict", () => container.kill(15));
    },
  },
  {
    rule: "a paused container stands still and goes on when it is resumed",
    async run(bench) {
      skipUnless(bench.subject.features.pause, "the backend cannot pause");
      const container = await start(bench, "while true; do echo x; sleep 0.02; done");
      await untilOutput(container, "x");
      await container.pause();
      assert.equal(await container.state(), "paused");
      // What was in the pipe when it stopped is recorded first.
      await delay(50);
      const standing = await container.outputEnd();
      await delay(150);
      assert.equal(await container.outputEnd(), standing);
      await container.resume();
      assert.equal(await container.state(), "running");
      await delay(150);
      assert.ok((await container.outputEnd()) > standing, "it did not go on");
    },
  },
  {
    rule: "pause needs a running container, resume a paused one",
    async run(bench) {
      skipUnless(bench.subject.features.pause, "the backend cannot pause");
      const container = await create(bench, "sleep 60");
      await expectError("conflict", () => container.pause());
      await container.start();
      await expectError("conflict", () => container.resume());
      await container.pause();
      await expectError("conflict", () => container.pause());
      await container.resume();
      await container.kill(9);
      await container.wait();
      await expectError("conflict", () => container.pause());
    },
  },
  {
    rule: "delete of a stopped container leaves nothing, and can be repeated",
    async run(bench) {
      const container = await start(bench, "echo text");
      await container.wait();
      await container.delete();
      await container.delete();
      await expectForgotten(bench);
    },
  },
  {
    rule: "delete of a running container ends all its processes",
    async run(bench) {
      const container = await start(bench, "sleep 60");
      const pids = await container.processes();
      assert.ok(pids.length > 0);
      await container.delete();
      assert.deepEqual(await untilGone(pids), []);
      await expectForgotten(bench);
    },
  },
  {
    rule: "delete of a created container leaves nothing",
    async run(bench) {
      const container = await create(bench, "sleep 60");
      const pid = container.pid!;
      await container.delete();
      assert.deepEqual(await untilGone([pid]), []);
      await expectForgotten(bench);
    },
  },
  {
    rule: "delete of a paused container leaves nothing",
    async run(bench) {
      skipUnless(bench.subject.features.pause, "the backend cannot pause");
      const container = await start(bench, "sleep 60");
      const pids = await container.processes();
      await container.pause();
      await container.delete();
      assert.deepEqual(await untilGone(pids), []);
      await expectForgotten(bench);
    },
  },
  {
    rule: "whoever waits learns of the end by delete",
    async run(bench) {
      const container = await start(bench, "sleep 60");
      const waiting = container.wait();
      await container.delete();
      assert.equal((await waiting).code, 137);
    },
  },
  {
    rule: "an id that exists is a conflict, and free again after delete",
    async run(bench) {
      const first = await create(bench, "sleep 60");
      const spec = await runtimeSpec(bench, "true");
      const options = { stateDirectory: join(bench.directory, "state/other"), openStdin: false };
      await expectError("conflict", () => bench.subject.create("c1", spec, options));
      assert.equal(await first.state(), "created");
      await first.delete();
      assert.equal((await run(bench, "exit 5")).exit.code, 5);
    },
  },
  {
    rule: "malformed ids are refused",
    async run(bench) {
      const spec = await runtimeSpec(bench, "true");
      const options = { stateDirectory: join(bench.directory, "state/other"), openStdin: false };
      for (const id of ["", "a/b", "a b", "é", "a\0b", "x".repeat(129)]) {
        await expectError("invalid-argument", () => bench.subject.create(id, spec, options));
      }
    },
  },
  {
    rule: "ids have up to 128 characters of letters, digits, underscore, dot and hyphen",
    async run(bench) {
      for (const id of ["x".repeat(128), "A_b.c-9"]) assert.equal((await run(bench, "exit 6", { id })).exit.code, 6);
    },
  },
  {
    rule: "many containers run at a time, apart from one another",
    async run(bench) {
      const ids = Array.from({ length: 8 }, (_, index) => `many-${index}`);
      const finished = await Promise.all(ids.map((id, index) => run(bench, `echo ${id}; exit ${index}`, { id })));
      assert.deepEqual(
        finished.map(({ exit, stdout }) => [exit.code, stdout]),
        ids.map((id, index) => [index, `${id}\n`]),
      );
    },
  },
  {
    rule: "an aborted create rejects with the signal's reason and leaves nothing",
    async run(bench) {
      await expectAborted((signal) => create(bench, "true", { options: { signal } }));
      await expectForgotten(bench);
    },
  },
];
