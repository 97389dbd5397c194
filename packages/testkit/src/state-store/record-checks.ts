import assert from "node:assert/strict";

import type { StateStore } from "@gantry/core";

import type { Check } from "../contract.ts";
import { expectAborted, expectError } from "../expect-error.ts";
import { collect } from "../fixtures/collect.ts";

export const recordChecks: readonly Check<StateStore>[] = [
  {
    rule: "get gives what was put",
    async run({ subject }) {
      await subject.put("bucket", "key", { name: "a", list: [1, 2.5, null, true], nested: { deep: "x" } });
      assert.deepEqual(await subject.get("bucket", "key"), {
        name: "a",
        list: [1, 2.5, null, true],
        nested: { deep: "x" },
      });
    },
  },
  {
    rule: "a missing record and a missing bucket are undefined",
    async run({ subject }) {
      assert.equal(await subject.get("nowhere", "key"), undefined);
      await subject.put("bucket", "key", 1);
      assert.equal(await subject.get("bucket", "other"), undefined);
    },
  },
  {
    rule: "every kind of JSON value is kept, also null, false, 0 and the empty string",
    async run({ subject }) {
      for (const value of [null, false, 0, -1.5e300, "", "☕\n\0", [], {}, "x".repeat(1_000_000)]) {
        await subject.put("bucket", "key", value);
        assert.deepEqual(await subject.get("bucket", "key"), value);
      }
    },
  },
  {
    rule: "put replaces what was there",
    async run({ subject }) {
      await subject.put("bucket", "key", { old: true });
      await subject.put("bucket", "key", { new: true });
      assert.deepEqual(await subject.get("bucket", "key"), { new: true });
      assert.equal((await collect(subject.list("bucket"))).length, 1);
    },
  },
  {
    rule: "delete removes the record, and a missing one is no error",
    async run({ subject }) {
      await subject.put("bucket", "key", 1);
      await subject.delete("bucket", "key");
      assert.equal(await subject.get("bucket", "key"), undefined);
      await subject.delete("bucket", "key");
      await subject.delete("nowhere", "key");
    },
  },
  {
    rule: "buckets are apart",
    async run({ subject }) {
      await subject.put("one", "key", 1);
      await subject.put("two", "key", 2);
      await subject.delete("two", "key");
      assert.equal(await subject.get("one", "key"), 1);
      assert.deepEqual(await collect(subject.list("two")), []);
    },
  },
  {
    rule: "bucket and key never run into one another",
    async run({ subject }) {
      await subject.put("a/b", "c", 1);
      await subject.put("a", "b/c", 2);
      await subject.put("a:b", "c", 3);
      assert.deepEqual([await subject.get("a/b", "c"), await subject.get("a", "b/c")], [1, 2]);
      assert.deepEqual(await collect(subject.list("a")), [{ key: "b/c", value: 2 }]);
    },
  },
  {
    rule: "a record is a copy: changing the object that was put or got changes nothing in the store",
    async run({ subject }) {
      const value = { list: [1] };
      await subject.put("bucket", "key", value);
      value.list.push(2);
      (await subject.get<typeof value>("bucket", "key"))?.list.push(3);
      assert.deepEqual(await subject.get("bucket", "key"), { list: [1] });
    },
  },
  {
    rule: "list gives all records in byte order of the keys",
    async run({ subject }) {
      // By UTF-16 units the emoji would come before U+FF5E; by UTF-8 bytes it comes after.
      const keys = ["b", "a", "Z", "a10", "a9", "é", "\u{1F600}", "\uFF5E", " "];
      for (const key of keys) await subject.put("bucket", key, key);
      const expected = [" ", "Z", "a", "a10", "a9", "b", "é", "\uFF5E", "\u{1F600}"];
      assert.deepEqual(
        await collect(subject.list("bucket")),
        expected.map((key) => ({ key, value: key })),
      );
    },
  },
  {
    rule: "list of a missing bucket is empty",
    async run({ subject }) {
      assert.deepEqual(await collect(subject.list("nowhere")), []);
    },
  },
  {
    rule: "list with a prefix gives the keys that begin so, whatever characters it holds",
    async run({ subject }) {
      for (const key of ["a%b", "a_b", "axb", "A%b", "a%", "b", "a%\u{10FFFF}"]) await subject.put("bucket", key, 1);
      const keys = async (prefix: string): Promise<string[]> =>
        (await collect(subject.list("bucket", { prefix }))).map(({ key }) => key);
      assert.deepEqual(await keys("a%"), ["a%", "a%b", "a%\u{10FFFF}"]);
      assert.deepEqual(await keys("a_"), ["a_b"]);
      assert.deepEqual(await keys("c"), []);
      assert.equal((await keys("")).length, 7);
    },
  },
  {
    rule: "the store may be changed while a list is read",
    async run({ subject }) {
      for (let index = 0; index < 50; index += 1) await subject.put("bucket", `key-${index + 10}`, index);
      const seen: string[] = [];
      for await (const { key } of subject.list("bucket")) {
        seen.push(key);
        await subject.delete("bucket", key);
      }
      assert.equal(seen.length, 50);
      assert.deepEqual(await collect(subject.list("bucket")), []);
    },
  },
  {
    rule: "a list that is left half way holds nothing up",
    async run({ subject }) {
      for (const key of ["a", "b", "c"]) await subject.put("bucket", key, 1);
      for await (const { key } of subject.list("bucket")) if (key === "a") break;
      await subject.put("bucket", "d", 1);
      assert.equal((await collect(subject.list("bucket"))).length, 4);
    },
  },
  {
    rule: "an empty bucket or key, or one with NUL, is refused",
    async run({ subject }) {
      for (const bad of ["", "a\0b"]) {
        await expectError("invalid-argument", () => subject.put(bad, "key", 1));
        await expectError("invalid-argument", () => subject.put("bucket", bad, 1));
        await expectError("invalid-argument", () => subject.get(bad, "key"));
        await expectError("invalid-argument", () => subject.get("bucket", bad));
        await expectError("invalid-argument", () => subject.delete("bucket", bad));
        await expectError("invalid-argument", () => collect(subject.list(bad)));
      }
    },
  },
  {
    rule: "a value that JSON cannot hold is refused, and the old one stays",
    async run({ subject }) {
      const circular: { self?: unknown } = {};
      circular.self = circular;
      await subject.put("bucket", "key", "old");
      for (const value of [undefined, () => 1, 1n, circular, Symbol("x")]) {
        await expectError("invalid-argument", () => subject.put("bucket", "key", value));
      }
      assert.equal(await subject.get("bucket", "key"), "old");
    },
  },
  {
    rule: "an aborted call rejects with the signal's reason and writes nothing",
    async run({ subject }) {
      await expectAborted((signal) => subject.put("bucket", "key", 1, { signal }));
      await expectAborted((signal) => subject.transaction((t) => t.put("bucket", "key", 1), { signal }));
      assert.equal(await subject.get("bucket", "key"), undefined);
    },
  },
];
