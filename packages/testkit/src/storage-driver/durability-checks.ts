import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { isEngineError } from "@gantry/core";

import { collect } from "../fixtures/collect.ts";
import { randomContent } from "../fixtures/random-content.ts";
import { expectError } from "../expect-error.ts";
import { skipUnless } from "../contract.ts";
import { type StorageCheck, commitLayer, entriesOnDisk, inspect, within, write } from "./snapshot-bench.ts";

export const durabilityChecks: readonly StorageCheck[] = [
  {
    rule: "snapshots of every kind survive a new engine with their content",
    async run(bench) {
      await commitLayer(bench, "one", undefined, (root) => writeFile(join(root, "one"), "1"));
      await commitLayer(bench, "two", "one", (root) => writeFile(join(root, "two"), "2"));
      await bench.subject.prepare("a", "two");
      await write(bench, "a", (root) => writeFile(join(root, "mine"), "3"));
      await bench.subject.view("v", "one");
      const before = await collect(bench.subject.list());
      await bench.restart();
      const byKey = (a: { key: string }, b: { key: string }): number => a.key.localeCompare(b.key);
      assert.deepEqual((await collect(bench.subject.list())).toSorted(byKey), before.toSorted(byKey));
      await within(bench, await bench.subject.mounts("a"), async (root) => {
        for (const [name, content] of [
          ["one", "1"],
          ["two", "2"],
          ["mine", "3"],
        ] as const) {
          assert.equal(await readFile(join(root, name), "utf8"), content);
        }
      });
      assert.equal(await inspect(bench, "two", (root) => readFile(join(root, "two"), "utf8")), "2");
    },
  },
  {
    rule: "mounts are the same in a new engine",
    async run(bench) {
      await commitLayer(bench, "one");
      await commitLayer(bench, "two", "one");
      const active = await bench.subject.prepare("a", "two");
      const view = await bench.subject.view("v", "two");
      await bench.restart();
      assert.deepEqual([await bench.subject.mounts("a"), await bench.subject.mounts("v")], [active, view]);
    },
  },
  {
    rule: "an active snapshot of an earlier engine can be committed",
    async run(bench) {
      await bench.subject.prepare("a", undefined);
      await write(bench, "a", (root) => writeFile(join(root, "file"), "content"));
      await bench.restart();
      await bench.subject.commit("layer", "a");
      assert.equal(await inspect(bench, "layer", (root) => readFile(join(root, "file"), "utf8")), "content");
    },
  },
  {
    rule: "what was removed stays removed in a new engine, and its disk space is free",
    async run(bench) {
      await bench.restart();
      const before = await entriesOnDisk(bench);
      await bench.subject.prepare("a", undefined);
      await write(bench, "a", (root) => writeFile(join(root, "file"), ""));
      await bench.subject.remove("a");
      await bench.restart();
      await expectError("not-found", () => bench.subject.stat("a"));
      assert.equal(await entriesOnDisk(bench), before);
    },
  },
  {
    rule: "calls on different keys at a time do not disturb one another",
    async run(bench) {
      await commitLayer(bench, "layer", undefined, (root) => writeFile(join(root, "file"), "content"));
      const keys = Array.from({ length: 16 }, (_, index) => `key-${index}`);
      await Promise.all(
        keys.map(async (key) => {
          await within(bench, await bench.subject.prepare(key, "layer"), async (root) => {
            assert.equal(await readFile(join(root, "file"), "utf8"), "content");
            await writeFile(join(root, "mine"), key);
          });
          await bench.subject.commit(`layer of ${key}`, key);
        }),
      );
      for (const key of keys) {
        assert.equal(await inspect(bench, `layer of ${key}`, (root) => readFile(join(root, "mine"), "utf8")), key);
      }
    },
  },
  {
    rule: "of several prepares of one key at a time one succeeds and the others are conflicts",
    async run({ subject }) {
      const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => subject.prepare("a", undefined)));
      const failed = attempts.filter((attempt) => attempt.status === "rejected");
      assert.equal(failed.length, 7);
      for (const { reason } of failed) assert.ok(isEngineError(reason, "conflict"), String(reason));
      assert.equal((await collect(subject.list())).length, 1);
    },
  },
  {
    rule: "a removal and a prepare on the same parent at a time never leave a child without parent",
    async run(bench) {
      for (let round = 0; round < 5; round += 1) {
        await commitLayer(bench, `layer-${round}`);
        await Promise.allSettled([
          bench.subject.remove(`layer-${round}`),
          bench.subject.prepare(`child-${round}`, `layer-${round}`),
        ]);
      }
      const listed = await collect(bench.subject.list());
      for (const { parent } of listed) {
        if (parent !== undefined)
          assert.ok(
            listed.some(({ key }) => key === parent),
            `${parent} is gone`,
          );
      }
    },
  },
  {
    rule: "usage counts allocated bytes and inodes",
    async run(bench) {
      const empty = await bench.subject.prepare("empty", undefined).then(() => bench.subject.usage("empty"));
      await bench.subject.prepare("a", undefined);
      await write(bench, "a", (root) => writeFile(join(root, "file"), randomContent(1024 * 1024).bytes));
      const full = await bench.subject.usage("a");
      assert.ok(full.bytes - empty.bytes >= 1024 * 1024, `${full.bytes} bytes`);
      assert.ok(full.bytes - empty.bytes < 1.5 * 1024 * 1024, `${full.bytes} bytes`);
      assert.equal(full.inodes - empty.inodes, 1);
    },
  },
  {
    rule: "usage of a committed snapshot is that of its content",
    async run(bench) {
      await commitLayer(bench, "layer", undefined, (root) => writeFile(join(root, "f"), randomContent(300_000).bytes));
      const { bytes, inodes } = await bench.subject.usage("layer");
      assert.ok(bytes >= 300_000 && bytes < 400_000, `${bytes} bytes`);
      assert.ok(inodes >= 1 && inodes <= 2, `${inodes} inodes`);
    },
  },
  {
    rule: "a child's usage leaves out what it shares with its parent",
    async run(bench) {
      skipUnless(bench.subject.features.sharesUnchanged, "the driver does not share unchanged files");
      await commitLayer(bench, "layer", undefined, (root) =>
        writeFile(join(root, "f"), randomContent(1_000_000).bytes),
      );
      await bench.subject.prepare("a", "layer");
      assert.ok((await bench.subject.usage("a")).bytes < 100_000);
    },
  },
  {
    rule: "features say what the driver is",
    async run({ subject: { features } }) {
      assert.match(features.name, /^[a-z][a-z0-9-]*$/);
      assert.ok(features.maximumDepth >= 1);
      assert.deepEqual([typeof features.sharesUnchanged, typeof features.constantTimePrepare], ["boolean", "boolean"]);
    },
  },
];
