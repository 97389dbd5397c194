import assert from "node:assert/strict";

import type { ImageStore } from "@gantry/core";

import type { Check } from "../contract.ts";
import { expectAborted, expectError } from "../expect-error.ts";
import { collect, collectBytes } from "../fixtures/collect.ts";
import { digestOf, randomContent } from "../fixtures/random-content.ts";
import { putContent } from "./put-content.ts";

const hex = "0123456789abcdef".repeat(4);
const missing = `sha256:${hex}`;
const malformed = [
  "",
  "sha256:",
  hex,
  `sha256:${hex.slice(1)}`,
  `sha256:${hex}0`,
  `sha256:${hex.toUpperCase()}`,
  `md5:${hex}`,
  `sha256:${hex.slice(6)}../../`,
  ` ${missing}`,
  `${missing}\n`,
];

export const contentChecks: readonly Check<ImageStore>[] = [
  {
    rule: "committed content is read back, byte by byte",
    async run({ subject }) {
      const { bytes, digest } = randomContent(3_000_000);
      const info = await putContent(subject, "ref", bytes);
      assert.equal(info.digest, digest);
      assert.equal(info.size, bytes.length);
      assert.ok(bytes.equals(await collectBytes(subject.open(digest))));
    },
  },
  {
    rule: "empty content is content",
    async run({ subject }) {
      const writer = await subject.writer("ref");
      const { digest, size } = await writer.commit();
      assert.deepEqual({ digest, size }, { digest: digestOf(new Uint8Array()), size: 0 });
      assert.equal((await collectBytes(subject.open(digest))).length, 0);
      assert.equal((await collectBytes(subject.open(digest, { start: 0 }))).length, 0);
    },
  },
  {
    rule: "stat gives digest, size and time, and undefined for what is not there",
    async run({ subject }) {
      const { bytes, digest } = randomContent(10);
      const before = Date.now();
      const info = await putContent(subject, "ref", bytes);
      assert.deepEqual(await subject.stat(digest), info);
      assert.ok(info.createdAt.getTime() >= before - 2000 && info.createdAt.getTime() <= Date.now() + 2000);
      assert.equal(await subject.stat(missing), undefined);
    },
  },
  {
    rule: "open reads large content in chunks, not as a whole",
    async run({ subject }) {
      const { bytes, digest } = randomContent(8_000_000);
      await putContent(subject, "ref", bytes);
      const chunks = await collect(subject.open(digest));
      assert.ok(chunks.length > 1 && chunks.every((chunk) => chunk.length <= 2_000_000), `${chunks.length} chunks`);
    },
  },
  {
    rule: "a range gives exactly its bytes; the end is exclusive and may be left out",
    async run({ subject }) {
      const { bytes, digest } = randomContent(300_000);
      await putContent(subject, "ref", bytes);
      const part = (start: number, end?: number): Promise<Buffer> =>
        collectBytes(subject.open(digest, end === undefined ? { start } : { start, end }));
      for (const [start, end] of [
        [0, 1],
        [0, 300_000],
        [1, 299_999],
        [65_535, 65_537],
        [299_999, 300_000],
        [5, 5],
      ]) {
        assert.ok(bytes.subarray(start, end).equals(await part(start!, end)), `${start}-${end}`);
      }
      assert.ok(bytes.subarray(12_345).equals(await part(12_345)));
      assert.equal((await part(300_000)).length, 0);
    },
  },
  {
    rule: "a range outside of the content is refused",
    async run({ subject }) {
      const { bytes, digest } = randomContent(100);
      await putContent(subject, "ref", bytes);
      const ranges = [
        { start: 101 },
        { start: 0, end: 101 },
        { start: -1 },
        { start: 50, end: 49 },
        { start: 0.5 },
        { start: Number.NaN },
      ];
      for (const range of ranges) {
        await expectError("invalid-argument", () => collect(subject.open(digest, range)));
      }
    },
  },
  {
    rule: "open and delete of a missing digest find nothing",
    async run({ subject }) {
      await expectError("not-found", () => collect(subject.open(missing)));
      await expectError("not-found", () => subject.delete(missing));
    },
  },
  {
    rule: "a malformed digest is refused by every call",
    async run({ subject }) {
      for (const digest of malformed) {
        await expectError("invalid-argument", () => collect(subject.open(digest)));
        await expectError("invalid-argument", () => subject.stat(digest));
        await expectError("invalid-argument", () => subject.delete(digest));
        await expectError("invalid-argument", () => subject.writer("ref", { digest }));
      }
    },
  },
  {
    rule: "delete removes the content alone",
    async run({ subject }) {
      const kept = await putContent(subject, "kept", randomContent(100).bytes);
      const gone = await putContent(subject, "gone", randomContent(100).bytes);
      await subject.delete(gone.digest);
      assert.equal(await subject.stat(gone.digest), undefined);
      await expectError("not-found", () => collect(subject.open(gone.digest)));
      assert.deepEqual(await collect(subject.list()), [kept]);
    },
  },
  {
    rule: "deleted content can be written again",
    async run({ subject }) {
      const { bytes, digest } = randomContent(100);
      await putContent(subject, "ref", bytes);
      await subject.delete(digest);
      await putContent(subject, "ref", bytes);
      assert.ok(bytes.equals(await collectBytes(subject.open(digest))));
    },
  },
  {
    rule: "a reader that has begun reads on when the content is deleted",
    async run({ subject }) {
      const { bytes, digest } = randomContent(8_000_000);
      await putContent(subject, "ref", bytes);
      const chunks: Uint8Array[] = [];
      for await (const chunk of subject.open(digest)) {
        if (chunks.length === 0) await subject.delete(digest);
        chunks.push(chunk);
      }
      assert.ok(bytes.equals(Buffer.concat(chunks)));
    },
  },
  {
    rule: "list gives all content once, and nothing of unfinished writers",
    async run({ subject }) {
      assert.deepEqual(await collect(subject.list()), []);
      const infos = [];
      for (const size of [1, 2, 3]) infos.push(await putContent(subject, `ref-${size}`, randomContent(size).bytes));
      const unfinished = await subject.writer("unfinished");
      await unfinished.write(randomContent(100).bytes);
      const byDigest = (a: { digest: string }, b: { digest: string }): number => a.digest.localeCompare(b.digest);
      assert.deepEqual((await collect(subject.list())).toSorted(byDigest), infos.toSorted(byDigest));
      await unfinished.abort();
    },
  },
  {
    rule: "content survives a new engine, and what was deleted does not come back",
    async run(bench) {
      const { bytes, digest } = randomContent(200_000);
      const info = await putContent(bench.subject, "ref", bytes);
      const gone = await putContent(bench.subject, "gone", randomContent(10).bytes);
      await bench.subject.delete(gone.digest);
      await bench.restart();
      assert.deepEqual(await collect(bench.subject.list()), [info]);
      assert.ok(bytes.equals(await collectBytes(bench.subject.open(digest))));
    },
  },
  {
    rule: "an aborted call rejects with the signal's reason",
    async run({ subject }) {
      const { digest } = await putContent(subject, "ref", randomContent(10).bytes);
      await expectAborted((signal) => collect(subject.open(digest, undefined, { signal })));
      await expectAborted((signal) => subject.writer("other", undefined, { signal }));
      await (await subject.writer("other")).abort();
    },
  },
];
