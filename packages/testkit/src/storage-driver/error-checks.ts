import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { collect } from "../fixtures/collect.ts";
import { expectError } from "../expect-error.ts";
import { skipUnless } from "../contract.ts";
import { type StorageBench, type StorageCheck, commitLayer, entriesOnDisk, within } from "./snapshot-bench.ts";

/** One snapshot of each kind: `active` and `view` on `layer`. */
async function oneOfEach(bench: StorageBench): Promise<void> {
  await commitLayer(bench, "layer");
  await bench.subject.prepare("active", "layer");
  await bench.subject.view("view", "layer");
}

const kinds = ["active", "view", "layer"];
const malformedKeys = ["", "a\0b", "x".repeat(256), "é".repeat(128)];

export const errorChecks: readonly StorageCheck[] = [
  {
    rule: "prepare of a key that any kind of snapshot has is a conflict",
    async run(bench) {
      await oneOfEach(bench);
      for (const key of kinds) await expectError("conflict", () => bench.subject.prepare(key, undefined));
    },
  },
  {
    rule: "view of a key that any kind of snapshot has is a conflict",
    async run(bench) {
      await oneOfEach(bench);
      for (const key of kinds) await expectError("conflict", () => bench.subject.view(key, "layer"));
    },
  },
  {
    rule: "commit to a name that any kind of snapshot has is a conflict, and the active one stays usable",
    async run(bench) {
      await oneOfEach(bench);
      await within(bench, await bench.subject.prepare("mine", undefined), (root) => writeFile(join(root, "file"), ""));
      for (const name of kinds) await expectError("conflict", () => bench.subject.commit(name, "mine"));
      assert.equal((await bench.subject.stat("mine")).kind, "active");
      await bench.subject.commit("free", "mine");
      assert.equal((await bench.subject.stat("free")).kind, "committed");
    },
  },
  {
    rule: "a missing parent is not found, and nothing is made",
    async run({ subject }) {
      await expectError("not-found", () => subject.prepare("a", "nowhere"));
      await expectError("not-found", () => subject.view("v", "nowhere"));
      assert.deepEqual(await collect(subject.list()), []);
    },
  },
  {
    rule: "a parent that is not committed is refused",
    async run(bench) {
      await oneOfEach(bench);
      for (const parent of ["active", "view"]) {
        await expectError("invalid-argument", () => bench.subject.prepare("a", parent));
        await expectError("invalid-argument", () => bench.subject.view("v", parent));
      }
      assert.equal((await collect(bench.subject.list())).length, 3);
    },
  },
  {
    rule: "commit of a view or of a committed snapshot is refused",
    async run(bench) {
      await oneOfEach(bench);
      for (const key of ["view", "layer"])
        await expectError("invalid-argument", () => bench.subject.commit("name", key));
      await expectError("not-found", () => bench.subject.stat("name"));
      assert.equal((await bench.subject.stat("view")).kind, "view");
    },
  },
  {
    rule: "mounts of a committed snapshot is refused",
    async run(bench) {
      await commitLayer(bench, "layer");
      await expectError("invalid-argument", () => bench.subject.mounts("layer"));
    },
  },
  {
    rule: "every call on a missing key finds nothing",
    async run({ subject }) {
      await expectError("not-found", () => subject.commit("name", "nowhere"));
      await expectError("not-found", () => subject.mounts("nowhere"));
      await expectError("not-found", () => subject.remove("nowhere"));
      await expectError("not-found", () => subject.stat("nowhere"));
      await expectError("not-found", () => subject.usage("nowhere"));
    },
  },
  {
    rule: "a committed snapshot with a child of any kind is not removed",
    async run(bench) {
      for (const kind of ["active", "view", "committed"]) {
        const parent = `parent of ${kind}`;
        const child = `${kind} child`;
        await commitLayer(bench, parent);
        if (kind === "view") await bench.subject.view(child, parent);
        else if (kind === "active") await bench.subject.prepare(child, parent);
        else await commitLayer(bench, child, parent);
        await expectError("conflict", () => bench.subject.remove(parent));
        assert.equal((await bench.subject.stat(parent)).kind, "committed");
        await bench.subject.remove(child);
        await bench.subject.remove(parent);
      }
    },
  },
  {
    rule: "malformed keys are refused: empty, with NUL, over 255 bytes",
    async run(bench) {
      await commitLayer(bench, "layer");
      await bench.subject.prepare("active", undefined);
      for (const key of malformedKeys) {
        await expectError("invalid-argument", () => bench.subject.prepare(key, undefined));
        await expectError("invalid-argument", () => bench.subject.view(key, "layer"));
        await expectError("invalid-argument", () => bench.subject.commit(key, "active"));
      }
    },
  },
  {
    rule: "keys of 255 bytes and keys that look like paths are keys like others",
    async run(bench) {
      const { subject } = bench;
      const keys = ["../up", "/etc", ".", "..", "a/b", "a", "A", " ", "-rf", "%2e", "x".repeat(255), "é".repeat(127)];
      for (const key of keys) {
        await within(bench, await subject.prepare(key, undefined), async (root) => {
          assert.ok(root.startsWith(bench.directory), root);
          await writeFile(join(root, "file"), key, { flag: "wx" });
        });
      }
      assert.deepEqual((await collect(subject.list())).map(({ key }) => key).toSorted(), keys.toSorted());
      await bench.restart();
      for (const key of keys) await bench.subject.remove(key);
      assert.deepEqual(await collect(bench.subject.list()), []);
    },
  },
  {
    rule: "a depth over maximumDepth is unsupported",
    async run(bench) {
      const { maximumDepth } = bench.subject.features;
      skipUnless(maximumDepth <= 512, `maximumDepth is ${maximumDepth}`);
      for (let level = 1; level <= maximumDepth; level += 1) {
        // Without a look inside, which would mount each of them.
        await bench.subject.prepare("next", level === 1 ? undefined : `${level - 1}`);
        await bench.subject.commit(`${level}`, "next");
      }
      await expectError("unsupported", async () => {
        await bench.subject.prepare("one too deep", `${maximumDepth}`);
        await bench.subject.commit("too deep", "one too deep");
      });
    },
  },
  {
    rule: "calls that fail leave nothing on the disk",
    async run(bench) {
      await oneOfEach(bench);
      const before = await entriesOnDisk(bench);
      await expectError("conflict", () => bench.subject.prepare("active", undefined));
      await expectError("not-found", () => bench.subject.prepare("new", "nowhere"));
      await expectError("not-found", () => bench.subject.view("new", "nowhere"));
      await expectError("invalid-argument", () => bench.subject.prepare("new", "active"));
      await expectError("conflict", () => bench.subject.commit("layer", "active"));
      assert.equal(await entriesOnDisk(bench), before);
    },
  },
];
