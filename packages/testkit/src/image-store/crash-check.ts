import assert from "node:assert/strict";

import { ImageStore } from "@gantry/core";

import type { Check } from "../contract.ts";
import type { EndlessWork } from "../crash/crash-main.ts";
import { killWriter } from "../crash/kill-writer.ts";
import { collect, collectBytes } from "../fixtures/collect.ts";
import { digestOf } from "../fixtures/random-content.ts";

const pieces = 4;

function contentOf(round: number): Buffer {
  return Buffer.alloc(200_000, `content of round ${round}, `);
}

/** Each round commits a content that it writes piece by piece. */
export const writeContents: EndlessWork = async (kernel, tell) => {
  const store = kernel.get(ImageStore);
  for (let round = 1; ; round += 1) {
    const writer = await store.writer(`ref-${round}`);
    const bytes = contentOf(round);
    const step = bytes.length / pieces;
    for (let start = 0; start < bytes.length; start += step) await writer.write(bytes.subarray(start, start + step));
    await writer.commit();
    tell(round);
  }
};

export const crashCheck: Check<ImageStore> = {
  rule: "what was committed survives kill -9, and a content that was not is invisible and can be taken up again",
  async run(bench) {
    const answered = await killWriter(bench, "ImageStore");
    const { subject } = bench;
    for (const { digest } of await collect(subject.list())) {
      assert.equal(digestOf(await collectBytes(subject.open(digest))), digest);
    }
    for (let round = 1; round <= answered; round += 1) {
      assert.ok(await subject.stat(digestOf(contentOf(round))), `round ${round} of ${answered} is lost`);
    }
    const next = contentOf(answered + 1);
    const writer = await subject.writer(`ref-${answered + 1}`, { digest: digestOf(next), size: next.length });
    await writer.write(next.subarray(writer.offset));
    await writer.commit();
  },
};
