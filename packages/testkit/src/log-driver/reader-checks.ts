import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

import type { LogQuery } from "@gantry/core";

import { collect } from "../fixtures/collect.ts";
import {
  type LogBench,
  type LogCheck,
  bytesOf,
  container,
  entry,
  epoch,
  nextText,
  read,
  readerOf,
  writeAll,
} from "./log-bench.ts";

/** Lines 0 … 9, the odd ones on stderr, one a nanosecond; gives a reader of texts. */
async function tenLines(bench: LogBench): Promise<(query?: Partial<LogQuery>) => Promise<string>> {
  const context = await container(bench);
  const lines = Array.from({ length: 10 }, (_, index) =>
    entry(index % 2 === 0 ? "stdout" : "stderr", `${index}\n`, BigInt(index)),
  );
  await writeAll(bench, context, lines);
  return async (query) =>
    bytesOf(await read(bench, context, query))
      .toString()
      .replaceAll("\n", "");
}

export const readerChecks: readonly LogCheck[] = [
  {
    rule: "a container that wrote nothing has no entries",
    async run(bench) {
      assert.deepEqual(await read(bench, await container(bench)), []);
    },
  },
  {
    rule: "one stream can be read alone, or neither",
    async run(bench) {
      const text = await tenLines(bench);
      assert.equal(await text({ stderr: false }), "02468");
      assert.equal(await text({ stdout: false }), "13579");
      assert.equal(await text({ stdout: false, stderr: false }), "");
    },
  },
  {
    rule: "since gives entries at or after it, until those before or at it",
    async run(bench) {
      const text = await tenLines(bench);
      assert.equal(await text({ since: epoch + 7n }), "789");
      assert.equal(await text({ until: epoch + 2n }), "012");
      assert.equal(await text({ since: epoch + 3n, until: epoch + 5n }), "345");
      assert.equal(await text({ since: epoch + 10n }), "");
      assert.equal(await text({ until: epoch - 1n }), "");
    },
  },
  {
    rule: "tail gives the last lines",
    async run(bench) {
      const text = await tenLines(bench);
      assert.equal(await text({ tail: 3 }), "789");
      assert.equal(await text({ tail: 100 }), "0123456789");
      assert.equal(await text({ tail: 0 }), "");
    },
  },
  {
    rule: "tail counts the lines that match",
    async run(bench) {
      const text = await tenLines(bench);
      assert.equal(await text({ tail: 2, stderr: false }), "68");
      assert.equal(await text({ tail: 2, until: epoch + 5n }), "45");
      assert.equal(await text({ tail: 2, since: epoch + 9n }), "9");
    },
  },
  {
    rule: "tail counts lines and not entries, the last one also when it has no end",
    async run(bench) {
      const context = await container(bench);
      await writeAll(bench, context, [
        entry("stdout", "first\n"),
        entry("stdout", "sec"),
        entry("stdout", "ond\n"),
        entry("stdout", "\n"),
        entry("stdout", "third"),
      ]);
      assert.equal(bytesOf(await read(bench, context, { tail: 3 })).toString(), "second\n\nthird");
    },
  },
  {
    rule: "tail finds the last lines of many",
    async run(bench) {
      const context = await container(bench);
      const lines = Array.from({ length: 20_000 }, (_, index) => `line number ${index}\n`);
      await writeAll(
        bench,
        context,
        lines.map((line) => entry("stdout", line)),
      );
      assert.equal(bytesOf(await read(bench, context, { tail: 5000 })).toString(), lines.slice(-5000).join(""));
    },
  },
  {
    rule: "follow gives what is there and what is written later, in order",
    async run(bench) {
      const context = await container(bench);
      const sink = await bench.subject.open(context);
      await sink.write([entry("stdout", "before\n")], 1);
      await sink.flush();
      const end = new AbortController();
      const query = { stdout: true, stderr: true, follow: { ended: end.signal } };
      const iterator = readerOf(bench).read(context, query)[Symbol.asyncIterator]();
      assert.equal(await nextText(iterator), "before\n");
      for (const [index, stream] of (["stdout", "stderr", "stdout"] as const).entries()) {
        await sink.write([entry(stream, `later ${index}\n`)], index + 2);
        assert.equal(await nextText(iterator), `later ${index}\n`);
      }
      await sink.close();
      end.abort();
      assert.equal((await iterator.next()).done, true);
    },
  },
  {
    rule: "a follower that is told of the end still reads all that was written before it",
    async run(bench) {
      const context = await container(bench);
      const end = new AbortController();
      const query = { stdout: true, stderr: true, follow: { ended: end.signal } };
      const following = collect(readerOf(bench).read(context, query));
      const sink = await bench.subject.open(context);
      const lines = Array.from({ length: 500 }, (_, index) => `${index}\n`);
      for (const [index, line] of lines.entries()) await sink.write([entry("stdout", line)], index + 1);
      await sink.close();
      end.abort();
      assert.equal(bytesOf(await following).toString(), lines.join(""));
    },
  },
  {
    rule: "follow of a container that has ended already gives what there is and ends",
    async run(bench) {
      const text = await tenLines(bench);
      assert.equal(await text({ follow: { ended: AbortSignal.abort() } }), "0123456789");
    },
  },
  {
    rule: "follow goes on after the last lines that tail gave, and with one stream alone",
    async run(bench) {
      const context = await container(bench);
      await writeAll(
        bench,
        context,
        ["a", "b", "c"].map((line) => entry("stdout", `${line}\n`)),
      );
      const end = new AbortController();
      const query = { stdout: true, stderr: false, tail: 1, follow: { ended: end.signal } };
      const iterator = readerOf(bench).read(context, query)[Symbol.asyncIterator]();
      assert.equal(await nextText(iterator), "c\n");
      const sink = await bench.subject.open(context);
      await sink.write([entry("stderr", "not this\n"), entry("stdout", "this\n")], 5);
      assert.equal(await nextText(iterator), "this\n");
      await sink.close();
      end.abort();
      assert.equal((await iterator.next()).done, true);
    },
  },
  {
    rule: "two followers each get everything",
    async run(bench) {
      const context = await container(bench);
      const end = new AbortController();
      const query = { stdout: true, stderr: true, follow: { ended: end.signal } };
      const followers = [1, 2].map(() => collect(readerOf(bench).read(context, query)));
      const sink = await bench.subject.open(context);
      for (let index = 0; index < 20; index += 1) await sink.write([entry("stdout", `${index}\n`)], index + 1);
      await sink.close();
      end.abort();
      const [one, two] = await Promise.all(followers);
      assert.equal(bytesOf(one!).toString().split("\n").length, 21);
      assert.ok(bytesOf(one!).equals(bytesOf(two!)));
    },
  },
  {
    rule: "a follower that is aborted rejects with the signal's reason",
    async run(bench) {
      const context = await container(bench);
      const caller = new AbortController();
      const reason = new Error("the caller gave up");
      const follow = { ended: new AbortController().signal };
      const following = read(bench, context, { follow, signal: caller.signal });
      const timer = delay(20).then(() => caller.abort(reason));
      await assert.rejects(following, (thrown) => thrown === reason);
      await timer;
    },
  },
  {
    rule: "a reader that leaves half way holds nothing up",
    async run(bench) {
      const context = await container(bench);
      await writeAll(bench, context, [entry("stdout", "one\n"), entry("stdout", "two\n")]);
      const query = { stdout: true, stderr: true, follow: { ended: new AbortController().signal } };
      for await (const { data } of readerOf(bench).read(context, query)) {
        if (data.length > 0) break;
      }
      await bench.subject.remove(context);
    },
  },
];
