import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

import { isEngineError } from "@gantry/core";

import { skipUnless } from "../contract.ts";
import { expectAborted, expectError } from "../expect-error.ts";
import { type LimiterCheck, isAlive, makeGroup, removeAfterwards, runScript, sleeper, until } from "./limiter-bench.ts";

const malformedIds = ["", "a/b", "a b", "é", "a\0b", "line\n", "x".repeat(129)];
/** Over the highest pid that Linux can give. */
const noSuchPid = 2 ** 22 + 1;

export const groupChecks: readonly LimiterCheck[] = [
  {
    rule: "a group that was made is listed and can be loaded",
    async run(bench) {
      const group = await makeGroup(bench, "one");
      assert.equal(group.id, "one");
      assert.ok((await bench.subject.list()).includes("one"));
      const loaded = await bench.subject.load("one");
      assert.deepEqual([loaded.id, loaded.path, loaded.joinPaths], [group.id, group.path, group.joinPaths]);
    },
  },
  {
    rule: "an id that exists is a conflict, and the group stays as it is",
    async run(bench) {
      const group = await makeGroup(bench, "one");
      const pid = await sleeper(bench);
      await group.add(pid);
      await expectError("conflict", () => bench.subject.create("one", {}));
      assert.deepEqual(await group.pids(), [pid]);
    },
  },
  {
    rule: "load of a missing group finds nothing",
    async run(bench) {
      await expectError("not-found", () => bench.subject.load("nowhere"));
    },
  },
  {
    rule: "malformed ids are refused",
    async run(bench) {
      for (const id of malformedIds) await expectError("invalid-argument", () => bench.subject.create(id, {}));
    },
  },
  {
    rule: "ids have up to 128 characters of letters, digits, underscore, dot and hyphen",
    async run(bench) {
      for (const id of ["x".repeat(128), "A-b_c.9"]) {
        const group = await makeGroup(bench, id);
        await group.remove();
      }
    },
  },
  {
    rule: "a group begins without processes",
    async run(bench) {
      const group = await makeGroup(bench, "one");
      assert.deepEqual(await group.pids(), []);
      assert.equal((await group.stats()).pids.current, 0);
      assert.equal(await group.oomKills(), 0);
    },
  },
  {
    rule: "a process that is added is in the group until it ends",
    async run(bench) {
      const group = await makeGroup(bench, "one");
      const pid = await sleeper(bench);
      await group.add(pid);
      assert.deepEqual(await group.pids(), [pid]);
      assert.equal((await group.stats()).pids.current, 1);
      process.kill(pid, "SIGKILL");
      await until(async () => (await group.pids()).length === 0, "the process has left the group");
    },
  },
  {
    rule: "a process that is added to another group leaves the first",
    async run(bench) {
      const [one, two] = [await makeGroup(bench, "one"), await makeGroup(bench, "two")];
      const pid = await sleeper(bench);
      await one.add(pid);
      await two.add(pid);
      assert.deepEqual([await one.pids(), await two.pids()], [[], [pid]]);
    },
  },
  {
    rule: "adding a process that does not exist fails",
    async run(bench) {
      const group = await makeGroup(bench, "one");
      await assert.rejects(group.add(noSuchPid), (thrown) => isEngineError(thrown));
      assert.deepEqual(await group.pids(), []);
    },
  },
  {
    rule: "a process enters by writing 0 into the join paths, and its children follow",
    async run(bench) {
      const group = await makeGroup(bench, "one");
      skipUnless(group.joinPaths.length > 0, "there is nothing to enter");
      const { pid } = await runScript(bench, "sleep 60 & exec sleep 60", group);
      await until(async () => (await group.pids()).length === 2, "shell and child are in the group");
      assert.ok((await group.pids()).includes(pid));
      await group.killAll();
    },
  },
  {
    rule: "remove is refused while a process is left, and kills nothing",
    async run(bench) {
      const group = await makeGroup(bench, "one");
      const pid = await sleeper(bench);
      await group.add(pid);
      await expectError("conflict", () => group.remove());
      assert.ok(isAlive(pid));
      assert.deepEqual(await (await bench.subject.load("one")).pids(), [pid]);
    },
  },
  {
    rule: "remove ends the group, frees the id and can be repeated",
    async run(bench) {
      const group = await makeGroup(bench, "one");
      await group.remove();
      await group.remove();
      await expectError("not-found", () => bench.subject.load("one"));
      assert.ok(!(await bench.subject.list()).includes("one"));
      await makeGroup(bench, "one");
    },
  },
  {
    rule: "killAll ends every process before it answers",
    async run(bench) {
      const group = await makeGroup(bench, "one");
      const scripts = [await runScript(bench, "exec sleep 60"), await runScript(bench, "trap '' TERM; exec sleep 60")];
      for (const { pid } of scripts) await group.add(pid);
      await group.killAll();
      assert.deepEqual(await group.pids(), []);
      for (const { ended } of scripts) assert.equal(await ended, "SIGKILL");
      await group.remove();
    },
  },
  {
    rule: "killAll of a group without processes does nothing",
    async run(bench) {
      await (await makeGroup(bench, "one")).killAll();
    },
  },
  {
    rule: "a frozen group stands still and goes on when it is thawed",
    async run(bench) {
      skipUnless(bench.subject.features.freezer, "the limiter cannot freeze");
      const group = await makeGroup(bench, "one");
      assert.equal(await group.frozen(), false);
      const script = await runScript(bench, "while :; do echo x; sleep 0.01; done");
      await group.add(script.pid);
      await until(() => script.output().length > 0, "the script runs");
      await group.freeze();
      assert.equal(await group.frozen(), true);
      // What was in the pipe when it froze is read first.
      await delay(50);
      const standing = script.output().length;
      await delay(150);
      assert.equal(script.output().length, standing);
      await group.thaw();
      assert.equal(await group.frozen(), false);
      await until(() => script.output().length > standing, "the script goes on");
    },
  },
  {
    rule: "killAll ends a frozen group too",
    async run(bench) {
      skipUnless(bench.subject.features.freezer, "the limiter cannot freeze");
      const group = await makeGroup(bench, "one");
      const script = await runScript(bench, "exec sleep 60");
      await group.add(script.pid);
      await group.freeze();
      await group.killAll();
      assert.equal(await script.ended, "SIGKILL");
    },
  },
  {
    rule: "groups and their processes survive a new engine",
    async run(bench) {
      const group = await bench.subject.create("one", {});
      const pid = await sleeper(bench);
      await group.add(pid);
      await bench.restart();
      const loaded = await bench.subject.load("one");
      removeAfterwards(bench, loaded);
      assert.deepEqual(await loaded.pids(), [pid]);
      assert.ok((await bench.subject.list()).includes("one"));
      assert.equal(loaded.path, group.path);
    },
  },
  {
    rule: "many groups can be made and removed at a time",
    async run(bench) {
      const ids = Array.from({ length: 10 }, (_, index) => `group-${index}`);
      const groups = await Promise.all(ids.map((id) => makeGroup(bench, id)));
      assert.deepEqual((await bench.subject.list()).filter((id) => ids.includes(id)).toSorted(), ids);
      await Promise.all(groups.map((group) => group.remove()));
    },
  },
  {
    rule: "an aborted create rejects with the signal's reason and makes nothing",
    async run(bench) {
      await expectAborted((signal) => bench.subject.create("one", {}, { signal }));
      await expectError("not-found", () => bench.subject.load("one"));
    },
  },
];
