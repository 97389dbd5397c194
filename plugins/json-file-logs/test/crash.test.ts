import { appendFile, readFile, rename, stat, truncate, writeFile } from "node:fs/promises";

import { describe, expect, test } from "vitest";

import { type TestLog, entry, withLog } from "./log-fixture.ts";

const writes = ["one\n", "two\nthree\n", "four", "\nfive \u00e9\n", "six\n"];

/** What a crash left is opened again, and the caller writes on from the position that it is told. */
async function resume(log: TestLog): Promise<string> {
  const sink = await log.open();
  const position = await sink.lastPosition();
  for (const [index, text] of writes.entries()) {
    if (index >= position) await sink.write([entry(text)], index + 1);
  }
  await sink.close();
  return log.text();
}

async function fill(log: TestLog): Promise<void> {
  const sink = await log.open();
  for (const [index, text] of writes.entries()) await sink.write([entry(text)], index + 1);
  await sink.close();
}

describe("a log that was cut short", () => {
  test("at any byte is written to its end with nothing twice and nothing lost", () =>
    withLog({}, async (log) => {
      await fill(log);
      const { size } = await stat(log.path);
      const whole = await readFile(log.path);
      expect(size).toBeGreaterThan(400);
      for (let length = 0; length <= size; length += 1) {
        await writeFile(log.path, whole.subarray(0, length));
        expect(await resume(log.reopened()), `cut at ${length}`).toBe(writes.join(""));
      }
    }));

  test("in a write that went over many files loses that whole write and nothing else", () =>
    withLog({ "max-size": "400", "max-file": "50" }, async (log) => {
      const sink = await log.open();
      await sink.write([entry("kept\n")], 1);
      const large = Array.from({ length: 20 }, (_, index) => `line ${index}\n`).join("");
      await sink.write([entry(large)], 2);
      await sink.close();
      await truncate(log.path, (await stat(log.path)).size - 3);
      const again = log.reopened();
      const next = await again.open();
      expect(await next.lastPosition()).toBe(1);
      expect(await again.text()).toBe("kept\n");
      await next.write([entry(large)], 2);
      await next.close();
      expect(await again.text()).toBe(`kept\n${large}`);
    }));

  test("between the steps of a rotation keeps its position and order", () =>
    withLog({ "max-size": "1k", "max-file": "3" }, async (log) => {
      await fill(log);
      await rename(log.path, `${log.path}.2`);
      const again = log.reopened();
      expect(await again.text()).toBe(writes.join(""));
      const sink = await again.open();
      expect(await sink.lastPosition()).toBe(writes.length);
      await sink.write([entry("more\n")], 6);
      await sink.close();
      expect(await again.text()).toBe(`${writes.join("")}more\n`);
    }));

  test("by zeros or other rubbish at its end is cut back to the last whole write", () =>
    withLog({}, async (log) => {
      await fill(log);
      await appendFile(log.path, Buffer.alloc(100_000));
      expect(await resume(log.reopened())).toBe(writes.join(""));
      await appendFile(log.path, `${"rubbish\n".repeat(50_000)}{"log":"half`);
      expect(await resume(log.reopened())).toBe(writes.join(""));
    }));

  test("is read without its torn last record", () =>
    withLog({}, async (log) => {
      await fill(log);
      await appendFile(log.path, '{"log":"half');
      expect(await log.text()).toBe(writes.join(""));
      expect(await log.text({ tail: 1 })).toBe("six\n");
    }));
});
