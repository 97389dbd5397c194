import { readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { collect, expectError } from "@gantry/testkit";
import { describe, expect, test } from "vitest";

import { JsonFileLogDriver, jsonFileLogs } from "../src/index.ts";
import { logBounds } from "../src/log-options.ts";
import { entry, withLog } from "./log-fixture.ts";

function numbered(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join("");
}

describe("bounds", () => {
  test.each([
    [{}, { maxSize: 20 * 1024 * 1024, maxFile: 5 }],
    [
      { "max-size": "10k", "max-file": "3" },
      { maxSize: 10_240, maxFile: 3 },
    ],
    [{ "max-size": "1.5M" }, { maxSize: 1_572_864, maxFile: 5 }],
    [{ "max-size": "7" }, { maxSize: 7, maxFile: 5 }],
    [{ "max-size": "2gb" }, { maxSize: 2 * 1024 ** 3, maxFile: 5 }],
    [{ "max-size": "-1" }, { maxSize: Infinity, maxFile: 5 }],
  ])("%j", (options, bounds) => {
    expect(logBounds(options, {})).toEqual(bounds);
  });

  test.each([
    ["max-size", "0"],
    ["max-size", "big"],
    ["max-size", ""],
    ["max-size", "-2"],
    ["max-file", "0"],
    ["max-file", "1.5"],
    ["max-file", "many"],
    ["compress", "true"],
  ])("%s=%j is refused by its name", async (option, value) => {
    const error = await expectError("invalid-argument", () => logBounds({ [option]: value }, {}));
    expect(error.message).toContain(option);
    expect(error.details["option"]).toBe(option);
  });

  test("of the driver are for containers that say nothing", () => {
    const defaults = { maxSize: "1k", maxFile: 2 };
    expect(logBounds({}, defaults)).toEqual({ maxSize: 1024, maxFile: 2 });
    expect(logBounds({ "max-file": "9" }, defaults)).toEqual({ maxSize: 1024, maxFile: 9 });
  });

  test("of the plugin are checked before it is registered", async () => {
    const { validate } = jsonFileLogs.definition.options!["~standard"];
    expect((await validate({ maxSize: "huge", maxFile: 0 })).issues).toHaveLength(2);
    expect((await validate({ maxSize: "1g", maxFile: 1 })).issues).toBeUndefined();
  });
});

describe("rotation", () => {
  test("keeps the newest files within their bound, and every byte of them is read in order", () =>
    withLog({ "max-size": "2k", "max-file": "3" }, async (log) => {
      const sink = await log.open();
      for (let index = 0; index < 100; index += 1) await sink.write([entry(`line ${index}\n`)], index + 1);
      await sink.close();
      const names = (await readdir(log.directory)).toSorted();
      expect(names).toEqual(["c-json.log", "c-json.log.1", "c-json.log.2"]);
      for (const name of names) expect((await stat(join(log.directory, name))).size).toBeLessThanOrEqual(2048);
      const text = await log.text();
      expect(numbered(0, 100).endsWith(text)).toBe(true);
      expect(text.split("\n").length).toBeGreaterThan(40);
    }));

  test("goes on within one large write", () =>
    withLog({ "max-size": "2k", "max-file": "1000" }, async (log) => {
      const sink = await log.open();
      await sink.write([entry(numbered(0, 500))], 1);
      await sink.close();
      expect((await readdir(log.directory)).length).toBeGreaterThan(10);
      expect(await log.text()).toBe(numbered(0, 500));
      expect(await log.text({ tail: 100 })).toBe(numbered(400, 500));
    }));

  test("with one file starts that one anew", () =>
    withLog({ "max-size": "1k", "max-file": "1" }, async (log) => {
      const sink = await log.open();
      await sink.write([entry(numbered(0, 50))], 1);
      await sink.close();
      expect(await readdir(log.directory)).toEqual(["c-json.log"]);
      expect(numbered(0, 50).endsWith(await log.text())).toBe(true);
    }));

  test("never splits a record that is larger than the bound", () =>
    withLog({ "max-size": "10", "max-file": "2" }, async (log) => {
      const sink = await log.open();
      await sink.write([entry("one\n"), entry("two\n"), entry("three\n")], 1);
      await sink.close();
      expect(await log.text()).toBe("two\nthree\n");
    }));

  test("drops files over a bound that was lowered", () =>
    withLog({ "max-size": "500", "max-file": "3" }, async (log) => {
      for (const number of [1, 2, 3, 7]) await writeFile(`${log.path}.${number}`, "");
      const sink = await log.open();
      await sink.write([entry(numbered(0, 10))], 1);
      await sink.close();
      expect((await readdir(log.directory)).toSorted()).toEqual(["c-json.log", "c-json.log.1", "c-json.log.2"]);
    }));

  test("loses nothing for a reader that follows, or that began before it", () =>
    withLog({ "max-size": "1k", "max-file": "100" }, async (log) => {
      const ended = new AbortController();
      const sink = await log.open();
      await sink.write([entry(numbered(0, 30))], 1);
      const following = collect(log.read({ follow: { ended: ended.signal } }));
      const slow = log.read({ follow: { ended: ended.signal }, tail: 1 })[Symbol.asyncIterator]();
      const begun = (await slow.next()).value as { data: Uint8Array };
      for (let index = 30; index < 300; index += 1) await sink.write([entry(`line ${index}\n`)], index);
      await sink.close();
      ended.abort();
      let rest = Buffer.from(begun.data).toString();
      for await (const { data } of { [Symbol.asyncIterator]: () => slow }) rest += Buffer.from(data).toString();
      expect(Buffer.concat((await following).map(({ data }) => data)).toString()).toBe(numbered(0, 300));
      expect(rest).toBe(numbered(29, 300));
    }));

  test("that drops what a slow reader has not read lets it go on with the oldest that is left", () =>
    withLog({ "max-size": "300", "max-file": "2" }, async (log) => {
      const sink = await log.open();
      await sink.write([entry(numbered(0, 3))], 1);
      const slow = log.read()[Symbol.asyncIterator]();
      await slow.next();
      await sink.write([entry(numbered(3, 200))], 2);
      await sink.close();
      const texts: string[] = [];
      for await (const { data } of { [Symbol.asyncIterator]: () => slow }) texts.push(Buffer.from(data).toString());
      expect(texts.at(-1)).toBe("line 199\n");
    }));
});

test("a second sink of one container is a conflict until the first is closed", () =>
  withLog({}, async (log) => {
    const sink = await log.open();
    await expectError("conflict", () => log.open());
    await sink.close();
    await sink.close();
    await expectError("conflict", () => sink.write([entry("late\n")], 1));
    await (await log.open()).close();
    expect(await readFile(log.path, "utf8")).toBe("");
  }));

test("a driver that stops closes what is open", () =>
  withLog({}, async ({ directory }) => {
    const driver = new JsonFileLogDriver();
    const sink = await driver.open({ containerId: "c", directory, options: {} });
    await driver.stop();
    await expectError("conflict", () => sink.flush());
  }));
