import assert from "node:assert/strict";

import { StorageDriver } from "@gantry/core";

import type { EndlessWork } from "../crash/crash-main.ts";
import { killWriter } from "../crash/kill-writer.ts";
import { expectError } from "../expect-error.ts";
import { collect } from "../fixtures/collect.ts";
import { type StorageCheck, entriesOnDisk } from "./snapshot-bench.ts";

/** Layers stand in chains of this length. */
const chain = 5;

function parentOf(round: number): string | undefined {
  return round % chain === 1 ? undefined : `layer-${round - 1}`;
}

/** Each round commits a layer, and makes and removes a snapshot on it. */
export const writeSnapshots: EndlessWork = async (kernel, tell) => {
  const driver = kernel.get(StorageDriver);
  for (let round = 1; ; round += 1) {
    await driver.prepare(`active-${round}`, parentOf(round));
    await driver.commit(`layer-${round}`, `active-${round}`);
    await driver.prepare(`gone-${round}`, `layer-${round}`);
    await driver.remove(`gone-${round}`);
    tell(round);
  }
};

export const crashCheck: StorageCheck = {
  rule: "what was answered survives kill -9, and what was not is there whole or not at all, and leaves nothing",
  async run(bench) {
    await bench.restart();
    const before = await entriesOnDisk(bench);
    const answered = await killWriter(bench, "StorageDriver");
    const { subject } = bench;
    for (let round = 1; round <= answered; round += 1) {
      const { kind, parent } = await subject.stat(`layer-${round}`);
      assert.deepEqual([kind, parent], ["committed", parentOf(round)]);
      await expectError("not-found", () => subject.stat(`active-${round}`));
      await expectError("not-found", () => subject.stat(`gone-${round}`));
    }
    const left = await collect(subject.list());
    const keys = new Set(left.map(({ key }) => key));
    for (const { key, kind, parent } of left) {
      assert.ok(parent === undefined || keys.has(parent), `the parent of ${key} is gone`);
      if (kind === "active") assert.ok((await subject.mounts(key)).length > 0);
    }
    await removeAll(subject, new Map(left.map(({ key, parent }) => [key, parent])));
    await bench.restart();
    assert.equal(await entriesOnDisk(bench), before);
  },
};

/** Children before their parents. */
async function removeAll(driver: StorageDriver, parents: Map<string, string | undefined>): Promise<void> {
  while (parents.size > 0) {
    const needed = new Set(parents.values());
    for (const key of [...parents.keys()].filter((one) => !needed.has(one))) {
      await driver.remove(key);
      parents.delete(key);
    }
  }
}
