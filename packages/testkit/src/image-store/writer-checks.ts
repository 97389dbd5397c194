import assert from "node:assert/strict";

import type { ImageStore } from "@gantry/core";

import type { Check } from "../contract.ts";
import { expectError } from "../expect-error.ts";
import { collect, collectBytes } from "../fixtures/collect.ts";
import { randomContent } from "../fixtures/random-content.ts";
import { putContent } from "./put-content.ts";

export const writerChecks: readonly Check<ImageStore>[] = [
  {
    rule: "a writer counts the bytes that it holds",
    async run({ subject }) {
      const writer = await subject.writer("ref");
      assert.equal(writer.offset, 0);
      await writer.write(new Uint8Array(10));
      await writer.write(new Uint8Array(0));
      await writer.write(new Uint8Array(5));
      assert.equal(writer.offset, 15);
      await writer.abort();
    },
  },
  {
    rule: "content is not visible before commit",
    async run({ subject }) {
      const { bytes, digest } = randomContent(100);
      const writer = await subject.writer("ref", { digest, size: 100 });
      await writer.write(bytes);
      assert.equal(await subject.stat(digest), undefined);
      await expectError("not-found", () => collect(subject.open(digest)));
      await writer.commit();
      assert.equal((await subject.stat(digest))?.size, 100);
    },
  },
  {
    rule: "content of another digest is refused, never visible, and the writer is thrown away",
    async run({ subject }) {
      const wanted = randomContent(100);
      const other = randomContent(100);
      const writer = await subject.writer("ref", { digest: wanted.digest });
      await writer.write(other.bytes);
      await expectError("invalid-argument", () => writer.commit());
      assert.deepEqual(await collect(subject.list()), []);
      assert.equal((await subject.writer("ref")).offset, 0);
    },
  },
  {
    rule: "content of another size is refused, shorter or longer, and the writer is thrown away",
    async run({ subject }) {
      for (const size of [99, 101, 0]) {
        const writer = await subject.writer("ref", { size });
        await expectError("invalid-argument", async () => {
          await writer.write(randomContent(100).bytes);
          await writer.commit();
        });
        await writer.close();
        assert.deepEqual(await collect(subject.list()), []);
        const next = await subject.writer("ref");
        assert.equal(next.offset, 0);
        await next.abort();
      }
    },
  },
  {
    rule: "content of the expected digest and size is taken",
    async run({ subject }) {
      const { bytes, digest } = randomContent(100);
      const writer = await subject.writer("ref", { digest, size: 100 });
      await writer.write(bytes);
      assert.equal((await writer.commit()).digest, digest);
    },
  },
  {
    rule: "a closed writer is taken up again under its ref, where it was",
    async run({ subject }) {
      const { bytes, digest } = randomContent(200_000);
      const first = await subject.writer("ref");
      await first.write(bytes.subarray(0, 70_000));
      await first.close();
      const second = await subject.writer("ref", { digest });
      assert.equal(second.offset, 70_000);
      await second.write(bytes.subarray(70_000));
      assert.equal((await second.commit()).size, 200_000);
      assert.ok(bytes.equals(await collectBytes(subject.open(digest))));
    },
  },
  {
    rule: "a closed writer is taken up again by a new engine",
    async run(bench) {
      const { bytes, digest } = randomContent(200_000);
      const first = await bench.subject.writer("registry.example/name@sha256:abc");
      await first.write(bytes.subarray(0, 70_000));
      await first.close();
      await bench.restart();
      const second = await bench.subject.writer("registry.example/name@sha256:abc");
      assert.equal(second.offset, 70_000);
      await second.write(bytes.subarray(70_000));
      assert.equal((await second.commit()).digest, digest);
    },
  },
  {
    rule: "abort throws away what was written, also for a new engine",
    async run(bench) {
      const writer = await bench.subject.writer("ref");
      await writer.write(new Uint8Array(100));
      await writer.abort();
      const next = await bench.subject.writer("ref");
      assert.equal(next.offset, 0);
      await next.close();
      await bench.restart();
      assert.equal((await bench.subject.writer("ref")).offset, 0);
    },
  },
  {
    rule: "a second writer on one ref is a conflict until the first is done",
    async run({ subject }) {
      for (const end of ["commit", "abort", "close"] as const) {
        const first = await subject.writer("ref");
        await first.write(Buffer.from(end));
        await expectError("conflict", () => subject.writer("ref"));
        await first[end]();
        await (await subject.writer("ref")).abort();
      }
    },
  },
  {
    rule: "of several writers on one ref at a time one is given",
    async run({ subject }) {
      const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => subject.writer("ref")));
      assert.equal(attempts.filter(({ status }) => status === "fulfilled").length, 1);
    },
  },
  {
    rule: "writers on different refs at a time do not disturb one another",
    async run({ subject }) {
      const contents = Array.from({ length: 8 }, () => randomContent(100_000));
      await Promise.all(
        contents.map(async ({ bytes, digest }, index) => {
          const writer = await subject.writer(`ref-${index}`, { digest });
          for (let start = 0; start < bytes.length; start += 10_000)
            await writer.write(bytes.subarray(start, start + 10_000));
          await writer.commit();
        }),
      );
      for (const { bytes, digest } of contents) assert.ok(bytes.equals(await collectBytes(subject.open(digest))));
    },
  },
  {
    rule: "the same content again is kept once",
    async run({ subject }) {
      const { bytes, digest } = randomContent(100);
      const first = await putContent(subject, "one", bytes);
      assert.equal((await putContent(subject, "two", bytes)).digest, digest);
      assert.equal((await collect(subject.list())).length, 1);
      assert.deepEqual(await subject.stat(digest), first);
    },
  },
  {
    rule: "the same content from two writers at a time is kept once",
    async run({ subject }) {
      const { bytes, digest } = randomContent(500_000);
      const infos = await Promise.all(["one", "two", "three"].map((ref) => putContent(subject, ref, bytes)));
      for (const info of infos) assert.equal(info.digest, digest);
      assert.equal((await collect(subject.list())).length, 1);
    },
  },
  {
    rule: "a committed ref starts anew",
    async run({ subject }) {
      await putContent(subject, "ref", randomContent(100).bytes);
      assert.equal((await subject.writer("ref")).offset, 0);
    },
  },
  {
    rule: "the caller may use his chunk again as soon as write has answered",
    async run({ subject }) {
      const chunk = Buffer.from("first");
      const writer = await subject.writer("ref");
      await writer.write(chunk);
      chunk.write("other");
      await writer.write(chunk);
      const { digest } = await writer.commit();
      assert.equal((await collectBytes(subject.open(digest))).toString(), "firstother");
    },
  },
  {
    rule: "refs that look like paths stay refs",
    async run(bench) {
      const refs = ["../../up", "/etc/passwd", "a/b", "a", ".", "é".repeat(300), "line\nend"];
      for (const [index, ref] of refs.entries()) {
        const writer = await bench.subject.writer(ref);
        await writer.write(new Uint8Array(index + 1));
        await writer.close();
      }
      await bench.restart();
      for (const [index, ref] of refs.entries()) {
        const writer = await bench.subject.writer(ref);
        assert.equal(writer.offset, index + 1);
        await writer.abort();
      }
    },
  },
];
