import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

import type { LogEntry } from "@gantry/core";

import { expectAborted, expectError } from "../expect-error.ts";
import { type LogCheck, assertSameBytes, bytesOf, container, entry, read, writeAll } from "./log-bench.ts";

export const sinkChecks: readonly LogCheck[] = [
  {
    rule: "lines of both streams are read back, in the order in which they were written, with stream and time",
    async run(bench) {
      const context = await container(bench);
      const entries = Array.from({ length: 50 }, (_, index) =>
        entry(index % 3 === 0 ? "stderr" : "stdout", `line ${index}\n`, BigInt(index)),
      );
      await writeAll(bench, context, entries);
      const back = await read(bench, context);
      const plain = ({ stream, data, time }: LogEntry): unknown[] => [stream, Buffer.from(data).toString(), time];
      assert.deepEqual(back.map(plain), entries.map(plain));
    },
  },
  {
    rule: "pieces of lines are the same bytes again, stream by stream",
    async run(bench) {
      const context = await container(bench);
      const entries = [
        entry("stdout", "a"),
        entry("stderr", "x"),
        entry("stdout", "b\nc"),
        entry("stderr", "y\n\n\n"),
        entry("stdout", "\r\nd\n"),
        entry("stdout", "no line end"),
      ];
      await writeAll(bench, context, entries);
      assertSameBytes(await read(bench, context), entries);
    },
  },
  {
    rule: "a character that is split between two entries stays whole",
    async run(bench) {
      const context = await container(bench);
      const bytes = Buffer.from("☕ naïve 𝄞\n");
      const entries = [...bytes].map((byte) => entry("stdout", Uint8Array.of(byte)));
      await writeAll(bench, context, entries);
      assert.equal(bytesOf(await read(bench, context)).toString(), "☕ naïve 𝄞\n");
    },
  },
  {
    rule: "control characters, quotes and backslashes are kept",
    async run(bench) {
      const context = await container(bench);
      const entries = [entry("stdout", '\0\u0001\u001B[31m"quoted" \\n \u2028 </script>\u007F\n')];
      await writeAll(bench, context, entries);
      assertSameBytes(await read(bench, context), entries);
    },
  },
  {
    rule: "bytes that are no text are kept",
    feature: "any bytes",
    async run(bench) {
      const context = await container(bench);
      const entries = [
        entry("stdout", randomBytes(100_000)),
        entry("stderr", Uint8Array.of(0xff, 0xfe, 0x0a, 0xc3, 0x28, 0x0a)),
        entry("stdout", Uint8Array.of(0xed, 0xa0, 0x80, 0xc3)),
      ];
      await writeAll(bench, context, entries);
      assertSameBytes(await read(bench, context), entries);
    },
  },
  {
    rule: "one line of a mebibyte, and one without end, are kept",
    async run(bench) {
      const context = await container(bench);
      const entries = [entry("stdout", `${"x".repeat(1024 * 1024)}\n`), entry("stdout", "y".repeat(300_000))];
      await writeAll(bench, context, entries);
      assertSameBytes(await read(bench, context), entries);
    },
  },
  {
    rule: "ten thousand entries in many writes are kept in order",
    async run(bench) {
      const context = await container(bench);
      const sink = await bench.subject.open(context);
      let expected = "";
      for (let batch = 0; batch < 100; batch += 1) {
        const lines = Array.from({ length: 100 }, (_, index) => `${batch}.${index}\n`);
        expected += lines.join("");
        await sink.write(
          lines.map((line, index) => entry(index % 2 === 0 ? "stdout" : "stderr", line)),
          batch + 1,
        );
      }
      await sink.close();
      assert.equal(bytesOf(await read(bench, context)).toString(), expected);
    },
  },
  {
    rule: "writes that are not waited for one by one keep their order",
    async run(bench) {
      const context = await container(bench);
      const sink = await bench.subject.open(context);
      const lines = Array.from({ length: 100 }, (_, index) => `${index}\n`);
      await Promise.all(lines.map((line, index) => sink.write([entry("stdout", line)], index + 1)));
      await sink.close();
      assert.equal(bytesOf(await read(bench, context)).toString(), lines.join(""));
    },
  },
  {
    rule: "an entry without bytes and a write without entries do no harm",
    async run(bench) {
      const context = await container(bench);
      const sink = await bench.subject.open(context);
      await sink.write([], 1);
      await sink.write([entry("stdout", ""), entry("stdout", "line\n")], 2);
      await sink.close();
      assert.equal(bytesOf(await read(bench, context)).toString(), "line\n");
    },
  },
  {
    rule: "lastPosition is 0 at first, and that of the last write after flush",
    async run(bench) {
      const sink = await bench.subject.open(await container(bench));
      assert.equal(await sink.lastPosition(), 0);
      await sink.write([entry("stdout", "a\n")], 10);
      await sink.write([entry("stderr", "b\n")], 2 ** 40);
      await sink.flush();
      assert.equal(await sink.lastPosition(), 2 ** 40);
      await sink.close();
    },
  },
  {
    rule: "what was flushed can be read while the sink is open",
    async run(bench) {
      const context = await container(bench);
      const sink = await bench.subject.open(context);
      await sink.write([entry("stdout", "a\n")], 1);
      await sink.flush();
      assert.equal(bytesOf(await read(bench, context)).toString(), "a\n");
      await sink.close();
    },
  },
  {
    rule: "a sink that is opened again goes on where the last one ended",
    async run(bench) {
      const context = await container(bench);
      await writeAll(bench, context, [entry("stdout", "one\n")]);
      const sink = await bench.subject.open(context);
      assert.equal(await sink.lastPosition(), 1);
      await sink.write([entry("stdout", "two\n")], 2);
      await sink.close();
      assert.equal(bytesOf(await read(bench, context)).toString(), "one\ntwo\n");
    },
  },
  {
    rule: "entries and position survive a new engine",
    async run(bench) {
      const context = await container(bench);
      const entries = [entry("stdout", "one\n", 1n), entry("stderr", "two\n", 2n), entry("stdout", "part", 3n)];
      await writeAll(bench, context, entries);
      await bench.restart();
      assertSameBytes(await read(bench, context), entries);
      const sink = await bench.subject.open(context);
      assert.equal(await sink.lastPosition(), 3);
      await sink.close();
    },
  },
  {
    rule: "after an engine that closed nothing, exactly what lies before lastPosition is kept, and writing goes on there",
    async run(bench) {
      const context = await container(bench);
      const lines = Array.from({ length: 20 }, (_, index) => `line ${index}\n`);
      const abandoned = await bench.subject.open(context);
      for (const [index, line] of lines.entries()) {
        await abandoned.write([entry("stdout", line)], index + 1);
        if (index === 9) await abandoned.flush();
      }
      await bench.restart();
      const sink = await bench.subject.open(context);
      const kept = await sink.lastPosition();
      assert.ok(kept >= 10 && kept <= 20, `lastPosition is ${kept}`);
      for (const [index, line] of lines.entries()) {
        if (index >= kept) await sink.write([entry("stdout", line)], index + 1);
      }
      await sink.close();
      assert.equal(bytesOf(await read(bench, context)).toString(), lines.join(""));
    },
  },
  {
    rule: "containers are apart",
    async run(bench) {
      const [one, two] = [await container(bench, "one"), await container(bench, "two")];
      const sinks = [await bench.subject.open(one), await bench.subject.open(two)];
      await Promise.all(sinks.map((sink, index) => sink.write([entry("stdout", `${index}\n`)], 1)));
      await Promise.all(sinks.map((sink) => sink.close()));
      assert.equal(bytesOf(await read(bench, one)).toString(), "0\n");
      assert.equal(bytesOf(await read(bench, two)).toString(), "1\n");
    },
  },
  {
    rule: "an option that the driver does not know is refused by its name",
    async run(bench) {
      const context = { ...(await container(bench)), options: { "no-such-option": "1" } };
      const error = await expectError("invalid-argument", () => bench.subject.open(context));
      assert.match(error.message, /no-such-option/);
    },
  },
  {
    rule: "remove forgets a container's entries and position, alone, and again",
    async run(bench) {
      const [one, two] = [await container(bench, "one"), await container(bench, "two")];
      for (const context of [one, two]) await writeAll(bench, context, [entry("stdout", "line\n")]);
      await bench.subject.remove(one);
      await bench.subject.remove(one);
      const sink = await bench.subject.open(one);
      assert.equal(await sink.lastPosition(), 0);
      await sink.close();
      assert.deepEqual(await read(bench, one), []);
      assert.equal(bytesOf(await read(bench, two)).toString(), "line\n");
    },
  },
  {
    rule: "an aborted open rejects with the signal's reason",
    async run(bench) {
      const context = await container(bench);
      await expectAborted((signal) => bench.subject.open(context, { signal }));
    },
  },
];
