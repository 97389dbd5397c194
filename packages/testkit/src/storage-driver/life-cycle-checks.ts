import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { collect } from "../fixtures/collect.ts";
import { expectAborted, expectError } from "../expect-error.ts";
import { type StorageCheck, commitLayer, inspect, within, write } from "./snapshot-bench.ts";

export const lifeCycleChecks: readonly StorageCheck[] = [
  {
    rule: "prepare makes an active snapshot",
    async run({ subject }) {
      const before = Date.now();
      await subject.prepare("a", undefined);
      const { createdAt, ...info } = await subject.stat("a");
      assert.deepEqual(info, { key: "a", kind: "active" });
      assert.ok(
        createdAt.getTime() >= before - 2000 && createdAt.getTime() <= Date.now() + 2000,
        createdAt.toISOString(),
      );
    },
  },
  {
    rule: "view makes a view with its parent",
    async run(bench) {
      await commitLayer(bench, "layer");
      await bench.subject.view("v", "layer");
      const { kind, parent } = await bench.subject.stat("v");
      assert.deepEqual({ kind, parent }, { kind: "view", parent: "layer" });
    },
  },
  {
    rule: "commit turns the active snapshot into a committed one of another name",
    async run(bench) {
      const { subject } = bench;
      await commitLayer(bench, "base");
      await subject.prepare("active", "base");
      await subject.commit("layer", "active");
      const { key, kind, parent } = await subject.stat("layer");
      assert.deepEqual({ key, kind, parent }, { key: "layer", kind: "committed", parent: "base" });
      await expectError("not-found", () => subject.stat("active"));
    },
  },
  {
    rule: "a key is free again after commit",
    async run(bench) {
      const { subject } = bench;
      await subject.prepare("k", undefined);
      await write(bench, "k", (root) => writeFile(join(root, "old"), ""));
      await subject.commit("layer", "k");
      await subject.prepare("k", undefined);
      await within(bench, await subject.mounts("k"), (root) => assert.rejects(readFile(join(root, "old"))));
    },
  },
  {
    rule: "a key is free again after remove, and nothing of the old content is left",
    async run(bench) {
      const { subject } = bench;
      await subject.prepare("k", undefined);
      await write(bench, "k", (root) => writeFile(join(root, "old"), ""));
      await subject.remove("k");
      await expectError("not-found", () => subject.stat("k"));
      await subject.prepare("k", undefined);
      await within(bench, await subject.mounts("k"), (root) => assert.rejects(readFile(join(root, "old"))));
    },
  },
  {
    rule: "removing an active snapshot leaves its parent alone",
    async run(bench) {
      await commitLayer(bench, "layer", undefined, (root) => writeFile(join(root, "file"), "kept"));
      await bench.subject.prepare("a", "layer");
      await bench.subject.remove("a");
      assert.equal(await inspect(bench, "layer", (root) => readFile(join(root, "file"), "utf8")), "kept");
    },
  },
  {
    rule: "removing a view leaves its parent alone",
    async run(bench) {
      await commitLayer(bench, "layer", undefined, (root) => writeFile(join(root, "file"), "kept"));
      await bench.subject.view("v", "layer");
      await bench.subject.remove("v");
      await expectError("not-found", () => bench.subject.stat("v"));
      assert.equal(await inspect(bench, "layer", (root) => readFile(join(root, "file"), "utf8")), "kept");
    },
  },
  {
    rule: "a chain is removed from its end",
    async run(bench) {
      await commitLayer(bench, "one");
      await commitLayer(bench, "two", "one");
      await bench.subject.remove("two");
      await bench.subject.remove("one");
      assert.deepEqual(await collect(bench.subject.list()), []);
    },
  },
  {
    rule: "list is empty at first",
    async run({ subject }) {
      assert.deepEqual(await collect(subject.list()), []);
    },
  },
  {
    rule: "list gives every snapshot of each kind once, as stat describes it",
    async run(bench) {
      const { subject } = bench;
      await commitLayer(bench, "layer");
      await subject.prepare("active", "layer");
      await subject.view("view", "layer");
      const listed = (await collect(subject.list())).toSorted((a, b) => a.key.localeCompare(b.key));
      assert.deepEqual(
        listed.map(({ key }) => key),
        ["active", "layer", "view"],
      );
      for (const info of listed) assert.deepEqual(info, await subject.stat(info.key));
    },
  },
  {
    rule: "mounts gives what prepare returned, any number of times",
    async run({ subject }) {
      const mounts = await subject.prepare("a", undefined);
      assert.ok(mounts.length > 0);
      assert.deepEqual(await subject.mounts("a"), mounts);
      assert.deepEqual(await subject.mounts("a"), mounts);
    },
  },
  {
    rule: "mounts gives what view returned",
    async run(bench) {
      await commitLayer(bench, "one");
      await commitLayer(bench, "two", "one");
      const mounts = await bench.subject.view("v", "two");
      assert.ok(mounts.length > 0);
      assert.deepEqual(await bench.subject.mounts("v"), mounts);
    },
  },
  {
    rule: "the driver mounts nothing",
    needs: ["linux"],
    async run(bench) {
      const here = async () => (await readFile("/proc/self/mountinfo", "utf8")).includes(bench.directory);
      await commitLayer(bench, "layer");
      await bench.subject.prepare("a", "layer");
      await bench.subject.view("v", "layer");
      await bench.subject.mounts("a");
      await bench.subject.usage("a");
      assert.equal(await here(), false, "something is mounted beneath the driver's directory");
    },
  },
  {
    rule: "an aborted call rejects with the signal's reason and leaves nothing",
    async run({ subject }) {
      await expectAborted((signal) => subject.prepare("a", undefined, { signal }));
      await expectError("not-found", () => subject.stat("a"));
      await subject.prepare("a", undefined);
    },
  },
];
