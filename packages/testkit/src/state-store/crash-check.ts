import assert from "node:assert/strict";

import { StateStore } from "@gantry/core";

import type { Check } from "../contract.ts";
import type { EndlessWork } from "../crash/crash-main.ts";
import { killWriter } from "../crash/kill-writer.ts";
import { collect } from "../fixtures/collect.ts";

const filler = "x".repeat(2000);

/** Each round puts a record, and moves a pair of records on in one transaction. */
export const writeRecords: EndlessWork = async (kernel, tell) => {
  const store = kernel.get(StateStore);
  for (let round = 1; ; round += 1) {
    await store.put("records", `${round}`, { round, filler });
    await store.transaction((transaction) => {
      for (const bucket of ["left", "right"]) {
        transaction.delete(bucket, `${round - 1}`);
        transaction.put(bucket, `${round}`, round);
      }
    });
    tell(round);
  }
};

export const crashCheck: Check<StateStore> = {
  rule: "what was answered survives kill -9, and a transaction that was not is there whole or not at all",
  async run(bench) {
    const answered = await killWriter(bench, "StateStore");
    for (let round = 1; round <= answered; round += 1) {
      assert.deepEqual(
        await bench.subject.get("records", `${round}`),
        { round, filler },
        `round ${round} of ${answered}`,
      );
    }
    const [left, right] = [
      await collect(bench.subject.list("left")),
      await collect(bench.subject.list<number>("right")),
    ];
    assert.deepEqual(left, right);
    assert.equal(right.length, 1);
    assert.ok(right[0]!.value >= answered, `the pair is of round ${right[0]!.value}, answered was ${answered}`);
  },
};
