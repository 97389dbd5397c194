import { readFile } from "node:fs/promises";

import { describe, expect, it } from "vitest";

import { checkContainerName, generateContainerName } from "../src/containers/container-name.ts";
import { adjectives, surnames } from "../src/containers/name-words.ts";
import { PrefixIndex } from "../src/prefix-index.ts";
import { signalNumber } from "../src/signals.ts";
import { now, timestamp } from "../src/timestamps.ts";
import { version } from "../src/version.ts";

describe("container names", () => {
  it("are made up of an adjective and a surname", () => {
    const words = [...adjectives, ...surnames];
    expect(new Set(words).size).toBe(words.length);
    for (const word of words) expect(word).toMatch(/^[a-z]+$/);
    for (let count = 0; count < 200; count += 1) expect(generateContainerName(() => false)).toMatch(/^[a-z]+_[a-z]+$/);
  });

  it("never call Steve Wozniak boring, and find a free one", () => {
    const [only] = surnames.filter((name) => name === "wozniak");
    expect(only).toBe("wozniak");
    const taken = new Set<string>();
    const plain = adjectives.length * surnames.length;
    for (let count = 0; count < plain; count += 1)
      taken.add(`${adjectives[count % adjectives.length]}_${surnames[Math.floor(count / adjectives.length)]}`);
    expect(generateContainerName((name) => name === "boring_wozniak" || taken.has(name))).toMatch(/^[a-z]+_[a-z]+\d+$/);
  });

  it.each(["a1", "A.b-c_d", "/web"])("take %s", (name) => {
    expect(checkContainerName(name)).toBe(name.replace("/", ""));
  });

  it.each(["a", "-a", "a b", "a/b", "ä1", ""])("refuse %j", (name) => {
    expect(() => checkContainerName(name)).toThrow(
      `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    );
  });
});

describe("signals", () => {
  it.each([
    ["9", 9],
    ["KILL", 9],
    ["sigterm", 15],
    ["SIGRTMIN+3", 37],
    ["RTMAX-1", 63],
    ["RTMIN", 34],
  ])("knows %s", (name, number) => {
    expect(signalNumber(name)).toBe(number);
  });

  it.each(["", "0", "65", "SIGNONE", "RTMIN+31", "toString", "-9", "9x"])("refuses %j", (name) => {
    expect(() => signalNumber(name)).toThrow(`Invalid signal: ${name}`);
  });
});

describe("the rest", () => {
  it("finds ids by prefix", () => {
    const index = new PrefixIndex();
    for (const id of ["bb1", "aa", "bb2", "c", "bb2"]) index.add(id);
    expect(index.find("bb")).toEqual(["bb1", "bb2"]);
    expect(index.find("bb2")).toEqual(["bb2"]);
    expect(index.find("d")).toEqual([]);
    index.delete("bb1");
    index.delete("none");
    expect(index.find("b")).toEqual(["bb2"]);
  });

  it("writes times with nanoseconds, and never the same twice", () => {
    expect(timestamp(1_700_000_000_123_456_789n)).toBe("2023-11-14T22:13:20.123456789Z");
    const times = Array.from({ length: 100 }, now);
    expect(new Set(times).size).toBe(100);
    expect(times.toSorted((left, right) => Number(left - right))).toEqual(times);
  });

  it("has the package's version", async () => {
    const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
    expect(version).toBe((JSON.parse(text) as { version: string }).version);
  });
});
