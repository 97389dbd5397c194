import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

import type { LimitGroup, ResourceLimits } from "@gantry/core";

import { skipUnless } from "../contract.ts";
import { expectError } from "../expect-error.ts";
import { type LimiterCheck, makeGroup, runScript, skipUnlessLimits, until } from "./limiter-bench.ts";

const mebibyte = 1024 * 1024;

/** A fair value of each limit. */
const good: Required<ResourceLimits> = {
  memory: 64 * mebibyte,
  memorySwap: 128 * mebibyte,
  memoryReservation: 32 * mebibyte,
  memorySwappiness: 10,
  oomKillDisable: false,
  cpuShares: 512,
  cpuQuota: 50_000,
  cpuPeriod: 100_000,
  cpusetCpus: "0",
  cpusetMems: "0",
  pids: 100,
  blkioWeight: 500,
  blkioReadBps: [],
  blkioWriteBps: [],
  blkioReadIops: [],
  blkioWriteIops: [],
  devices: [{ allow: true, type: "a", access: "rwm" }],
};

const rateOf = (rate: number) => [{ major: 8, minor: 0, rate }];

/** Values that each limit refuses. */
const bad: { readonly [Field in keyof ResourceLimits]: readonly ResourceLimits[Field][] } = {
  memory: [-2, 0.5, Number.NaN],
  memorySwap: [-2, 0.5, Number.NaN],
  memoryReservation: [-2, 0.5],
  memorySwappiness: [-1, 101, 1.5],
  cpuShares: [0, 1, 262_145, 2.5],
  cpuQuota: [-2, 0.5, Number.NaN],
  cpuPeriod: [0, 999, 1_000_001],
  cpusetCpus: ["x", "0-", "1,,2", "99999"],
  cpusetMems: ["x", "0-", "99999"],
  pids: [-2, 1.5, Number.NaN],
  blkioWeight: [9, 1001, 10.5],
  blkioReadBps: [rateOf(-1), rateOf(0.5)],
  blkioWriteBps: [rateOf(-1), rateOf(0.5)],
  blkioReadIops: [rateOf(-1), rateOf(0.5)],
  blkioWriteIops: [rateOf(-1), rateOf(0.5)],
  devices: [[{ allow: true, type: "c", major: 1, minor: 3, access: "rx" }], [{ allow: true, type: "c", access: "" }]],
};

function fieldsOf<T extends object>(object: T): (keyof T)[] {
  return Object.keys(object) as (keyof T)[];
}

async function limitsOf(group: LimitGroup): Promise<{ memory: number | undefined; pids: number | undefined }> {
  const { memory, pids } = await group.stats();
  return { memory: memory.limit, pids: pids.limit };
}

export const limitChecks: readonly LimiterCheck[] = [
  {
    rule: "a group without limits has none",
    async run(bench) {
      assert.deepEqual(await limitsOf(await makeGroup(bench, "one")), { memory: undefined, pids: undefined });
    },
  },
  {
    rule: "each limit that the features name is taken",
    async run(bench) {
      for (const field of bench.subject.features.limits) {
        // Swap is counted together with memory, so its limit makes sense beside one of memory only.
        const memory = field === "memorySwap" ? { memory: good.memory } : {};
        const group = await makeGroup(bench, field, { ...memory, [field]: good[field] });
        await group.remove();
      }
    },
  },
  {
    rule: "limits are in force at create",
    async run(bench) {
      skipUnlessLimits(bench, "memory", "pids");
      const group = await makeGroup(bench, "one", { memory: good.memory, pids: good.pids });
      assert.deepEqual(await limitsOf(group), { memory: good.memory, pids: good.pids });
    },
  },
  {
    rule: "update changes the limits that it names and leaves the others",
    async run(bench) {
      skipUnlessLimits(bench, "memory", "pids");
      const group = await makeGroup(bench, "one", { memory: good.memory, pids: good.pids });
      await group.update({ pids: 50 });
      assert.deepEqual(await limitsOf(group), { memory: good.memory, pids: 50 });
      await group.update({ memory: 96 * mebibyte });
      assert.deepEqual(await limitsOf(group), { memory: 96 * mebibyte, pids: 50 });
      await group.update({});
      assert.deepEqual(await limitsOf(group), { memory: 96 * mebibyte, pids: 50 });
    },
  },
  {
    rule: "-1 takes a limit away",
    async run(bench) {
      skipUnlessLimits(bench, "memory", "pids");
      const group = await makeGroup(bench, "one", { memory: good.memory, pids: good.pids });
      await group.update({ memory: -1, pids: -1 });
      assert.deepEqual(await limitsOf(group), { memory: undefined, pids: undefined });
    },
  },
  {
    rule: "limits survive a new engine",
    async run(bench) {
      skipUnlessLimits(bench, "memory", "pids");
      await makeGroup(bench, "one", { memory: good.memory, pids: good.pids });
      await bench.restart();
      const loaded = await bench.subject.load("one");
      assert.deepEqual(await limitsOf(loaded), { memory: good.memory, pids: good.pids });
    },
  },
  {
    rule: "a value out of range is refused by its field, and no group is made",
    async run(bench) {
      for (const field of fieldsOf(bad).filter((one) => bench.subject.features.limits.includes(one))) {
        for (const value of bad[field] ?? []) {
          const error = await expectError("invalid-argument", () => bench.subject.create("one", { [field]: value }));
          assert.match(error.message, new RegExp(field));
          await expectError("not-found", () => bench.subject.load("one"));
        }
      }
    },
  },
  {
    rule: "an update with a value out of range changes nothing",
    async run(bench) {
      skipUnlessLimits(bench, "memory", "pids");
      const group = await makeGroup(bench, "one", { memory: good.memory, pids: good.pids });
      const error = await expectError("invalid-argument", () => group.update({ pids: 50, memory: -2 }));
      assert.match(error.message, /memory/);
      await expectError("invalid-argument", () => group.update({ memory: 96 * mebibyte, pids: -2 }));
      assert.deepEqual(await limitsOf(group), { memory: good.memory, pids: good.pids });
    },
  },
  {
    rule: "a limit that the features do not name is unsupported, by its field, and nothing is made or changed",
    async run(bench) {
      const fields = fieldsOf(good).filter((field) => !bench.subject.features.limits.includes(field));
      skipUnless(fields.length > 0, "every limit is supported");
      const group = await makeGroup(bench, "other");
      for (const field of fields) {
        // What disables nothing and what limits nothing may be ignored: it asks for what is the case.
        const value = field === "oomKillDisable" ? true : field.startsWith("blkio") ? rateOf(1000) : good[field];
        const limits = { [field]: field === "blkioWeight" ? good.blkioWeight : value };
        const error = await expectError("unsupported", () => bench.subject.create("one", limits));
        assert.match(error.message, new RegExp(field));
        await expectError("not-found", () => bench.subject.load("one"));
        await expectError("unsupported", () => group.update(limits));
      }
    },
  },
  {
    rule: "usage is in numbers that are not negative",
    async run(bench) {
      const { cpu, memory, pids, blkio } = await (await makeGroup(bench, "one")).stats();
      for (const value of [...Object.values(cpu), memory.usage, pids.current, ...Object.values(blkio)]) {
        assert.ok(Number.isFinite(value) && value >= 0, JSON.stringify({ cpu, memory, pids, blkio }));
      }
    },
  },
  {
    rule: "features name the limiter and only limits that exist",
    async run({ subject: { features } }) {
      assert.notEqual(features.name, "");
      assert.ok(features.version >= 1);
      for (const field of features.limits) assert.ok(field in good, field);
      assert.equal(new Set(features.limits).size, features.limits.length);
    },
  },
  {
    rule: "the CPU time of the group's processes is counted",
    feature: "enforcement",
    async run(bench) {
      const group = await makeGroup(bench, "one");
      const script = await runScript(bench, "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done", group);
      assert.equal(await script.ended, 0);
      const { total } = (await group.stats()).cpu;
      assert.ok(total > 1e6 && total < 60e9, `${total} ns`);
    },
  },
  {
    rule: "a group that exceeds its memory has a process killed, and oomKills counts it",
    feature: "enforcement",
    async run(bench) {
      skipUnlessLimits(bench, "memory");
      const swap = bench.subject.features.limits.includes("memorySwap") ? { memorySwap: 40 * mebibyte } : {};
      const group = await makeGroup(bench, "one", { memory: 40 * mebibyte, ...swap });
      // Reading a pipe, tail keeps all of it in memory.
      const script = await runScript(bench, "head -c 200000000 /dev/zero | exec tail -c 200000000 >/dev/null", group);
      assert.ok([128 + 9, "SIGKILL"].includes(await script.ended), "the process was not killed");
      assert.ok((await group.oomKills()) >= 1);
    },
  },
  {
    rule: "a group cannot have more processes than its limit",
    feature: "enforcement",
    async run(bench) {
      skipUnlessLimits(bench, "pids");
      const group = await makeGroup(bench, "one", { pids: 4 });
      // Some shells end at the first fork that fails, which leaves their children: three of four processes.
      await runScript(bench, "exec 2>/dev/null; for i in 1 2 3 4 5 6 7 8; do sleep 60 & done; wait", group);
      await until(async () => (await group.pids()).length >= 3, "processes run");
      await delay(300);
      assert.ok((await group.pids()).length <= 4);
    },
  },
  {
    rule: "a quota holds the group to its share of CPU time",
    feature: "enforcement",
    async run(bench) {
      skipUnlessLimits(bench, "cpuQuota", "cpuPeriod");
      const group = await makeGroup(bench, "one", { cpuQuota: 20_000, cpuPeriod: 100_000 });
      await runScript(bench, "while :; do :; done", group);
      await until(async () => (await group.stats()).cpu.total > 0, "the loop runs");
      const [before, since] = [(await group.stats()).cpu, performance.now()];
      await delay(1000);
      const [after, now] = [(await group.stats()).cpu, performance.now()];
      const share = (after.total - before.total) / ((now - since) * 1e6);
      assert.ok(share < 0.35, `a quota of 0.2 gave ${share}`);
      assert.ok(after.throttledPeriods > before.throttledPeriods);
    },
  },
  {
    rule: "a device that is not allowed cannot be opened; the last rule that matches decides",
    feature: "enforcement",
    async run(bench) {
      skipUnlessLimits(bench, "devices");
      const group = await makeGroup(bench, "one", {
        devices: [
          { allow: false, type: "a", access: "rwm" },
          { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
          { allow: true, type: "c", major: 1, minor: 5, access: "r" },
        ],
      });
      const open = (how: string) => `(exec ${how}) 2>/dev/null && echo yes || echo no`;
      const script = ["</dev/null", ">/dev/null", "</dev/zero", ">/dev/zero", "</dev/urandom"].map(open).join("; ");
      const running = await runScript(bench, script, group);
      await running.ended;
      await until(() => running.output().split("\n").length === 6, "the script has written its five lines");
      assert.equal(running.output(), "yes\nyes\nyes\nno\nno\n");
    },
  },
];
