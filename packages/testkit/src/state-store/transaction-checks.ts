import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

import type { StateStore } from "@gantry/core";

import type { Check } from "../contract.ts";
import { expectError } from "../expect-error.ts";
import { collect } from "../fixtures/collect.ts";

export const transactionChecks: readonly Check<StateStore>[] = [
  {
    rule: "a transaction applies all of its writes and gives the work's result",
    async run({ subject }) {
      await subject.put("bucket", "old", 1);
      const result = await subject.transaction((transaction) => {
        transaction.put("bucket", "one", 1);
        transaction.put("other", "two", 2);
        transaction.delete("bucket", "old");
        return "done";
      });
      assert.equal(result, "done");
      assert.deepEqual(await collect(subject.list("bucket")), [{ key: "one", value: 1 }]);
      assert.equal(await subject.get("other", "two"), 2);
    },
  },
  {
    rule: "what the work throws is thrown on, and nothing is written",
    async run({ subject }) {
      await subject.put("bucket", "kept", 1);
      const failure = new Error("the work's own");
      await assert.rejects(
        subject.transaction((transaction) => {
          transaction.put("bucket", "new", 1);
          transaction.delete("bucket", "kept");
          throw failure;
        }),
        (thrown) => thrown === failure,
      );
      assert.deepEqual(await collect(subject.list("bucket")), [{ key: "kept", value: 1 }]);
    },
  },
  {
    rule: "an asynchronous work that rejects writes nothing either",
    async run({ subject }) {
      const failure = new Error("the work's own");
      const work = subject.transaction(async (transaction) => {
        transaction.put("bucket", "new", 1);
        await delay(1);
        throw failure;
      });
      await assert.rejects(work, (thrown) => thrown === failure);
      assert.equal(await subject.get("bucket", "new"), undefined);
    },
  },
  {
    rule: "reads in a transaction see its own writes",
    async run({ subject }) {
      await subject.put("bucket", "a", 1);
      await subject.transaction((transaction) => {
        transaction.put("bucket", "b", 2);
        transaction.delete("bucket", "a");
        assert.equal(transaction.get("bucket", "b"), 2);
        assert.equal(transaction.get("bucket", "a"), undefined);
      });
    },
  },
  {
    rule: "a refused write in a transaction writes nothing of it",
    async run({ subject }) {
      await expectError("invalid-argument", () =>
        subject.transaction((transaction) => {
          transaction.put("bucket", "good", 1);
          transaction.put("", "bad", 1);
        }),
      );
      assert.equal(await subject.get("bucket", "good"), undefined);
    },
  },
  {
    rule: "transactions are serialized: no increment is lost, also with asynchronous work",
    async run({ subject }) {
      const increment = (): Promise<void> =>
        subject.transaction(async (transaction) => {
          const value = transaction.get<number>("bucket", "counter") ?? 0;
          await delay(1);
          transaction.put("bucket", "counter", value + 1);
        });
      await Promise.all(Array.from({ length: 20 }, increment));
      assert.equal(await subject.get("bucket", "counter"), 20);
    },
  },
  {
    rule: "a plain put or get meanwhile is neither lost nor part of a running transaction",
    async run({ subject }) {
      const failure = new Error("the work's own");
      const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
      const running = subject.transaction(async (transaction) => {
        transaction.put("bucket", "inside", 1);
        begin();
        await delay(20);
        throw failure;
      });
      await begun;
      const seen = subject.get("bucket", "inside");
      const put = subject.put("bucket", "outside", 1);
      await assert.rejects(running, (thrown) => thrown === failure);
      await put;
      assert.equal(await seen, undefined);
      assert.equal(await subject.get("bucket", "outside"), 1);
    },
  },
  {
    rule: "after a failed transaction the next one works",
    async run({ subject }) {
      await subject
        .transaction(() => {
          throw new Error("the work's own");
        })
        .catch(() => {});
      assert.equal(await subject.transaction(() => 1), 1);
    },
  },
  {
    rule: "records survive a new engine",
    async run(bench) {
      await bench.subject.put("bucket", "put", { kept: true });
      await bench.subject.put("bucket", "deleted", 1);
      await bench.subject.delete("bucket", "deleted");
      await bench.subject.transaction((transaction) => transaction.put("bucket", "transaction", 2));
      await bench.restart();
      assert.deepEqual(await collect(bench.subject.list("bucket")), [
        { key: "put", value: { kept: true } },
        { key: "transaction", value: 2 },
      ]);
    },
  },
];
