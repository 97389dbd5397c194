import { describe, expect, it } from "vitest";

import { parseEnvironmentFile, parseVariable } from "../src/parsing/parse-environment.ts";
import { parseCpus, parseInteger, parseSize, parseSizeOrUnlimited } from "../src/parsing/parse-numbers.ts";
import { parseAssignment, parseFilter, parseLabel, parseTmpfs } from "../src/parsing/parse-pairs.ts";
import { parseDuration, parseTimestamp } from "../src/parsing/parse-time.ts";
import { parseUlimit } from "../src/parsing/parse-ulimit.ts";

describe("sizes", () => {
  it.each([
    ["0", 0],
    ["32", 32],
    ["32b", 32],
    ["512k", 524_288],
    ["32m", 33_554_432],
    ["32M", 33_554_432],
    ["32mb", 33_554_432],
    ["32MiB", 33_554_432],
    ["32 m", 33_554_432],
    ["1.5g", 1_610_612_736],
    ["1t", 1_099_511_627_776],
  ])("%s", (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each(["", "x", "m", "-1", "1x", "1mm", "1 ", "1e3", "0x10", "9999999p", ".5m"])("refuses %j", (text) => {
    expect(() => parseSize(text)).toThrow(`invalid size: '${text}'`);
  });

  it("may be unlimited where that is meant", () => expect(parseSizeOrUnlimited("-1")).toBe(-1));
});

describe("numbers", () => {
  it.each([["0", 0] as const, ["-1", -1] as const, ["+7", 7] as const])("%s", (text, value) =>
    expect(parseInteger(text)).toBe(value),
  );
  it.each(["", "x", "1.5", " 1", "1e3"])("refuses %j", (text) =>
    expect(() => parseInteger(text)).toThrow(`strconv.ParseInt: parsing "${text}": invalid syntax`),
  );
  it("refuses what is out of range", () => expect(() => parseInteger("9".repeat(30))).toThrow("value out of range"));
  it.each([["0.5", 5e8] as const, ["2", 2e9] as const, [".25", 2.5e8] as const, ["1.", 1e9] as const])(
    "%s CPUs",
    (text, nanos) => expect(parseCpus(text)).toBe(nanos),
  );
  it.each(["", "x", "-1", "1/2", "."])("refuses %j CPUs", (text) =>
    expect(() => parseCpus(text)).toThrow(`failed to parse ${text} as a rational number`),
  );
  it("refuses more than nine decimals", () => expect(() => parseCpus("0.1234567891")).toThrow("too precise"));
});

describe("times", () => {
  const now = Date.parse("2024-05-01T12:00:00Z");
  const nanos = (text: string) => BigInt(Date.parse(text)) * 1_000_000n;

  it.each([
    ["1h30m", 5400_000_000_000n],
    ["2.5s", 2_500_000_000n],
    ["10ms", 10_000_000n],
    ["5", undefined],
    ["5x", undefined],
    ["m", undefined],
    ["1m x", undefined],
  ])("duration %s", (text, expected) => expect(parseDuration(text)).toBe(expected));

  it.each([
    ["42m", nanos("2024-05-01T11:18:00Z")],
    ["2024-01-02T03:04:05Z", nanos("2024-01-02T03:04:05Z")],
    ["2024-01-02T03:04:05.123456789Z", nanos("2024-01-02T03:04:05Z") + 123_456_789n],
    ["2024-01-02T03:04:05+02:00", nanos("2024-01-02T01:04:05Z")],
    ["2024-01-02T03:04:05", nanos("2024-01-02T03:04:05Z")],
    ["2024-01-02T03:04", nanos("2024-01-02T03:04:00Z")],
    ["2024-01-02", nanos("2024-01-02T00:00:00Z")],
    ["1136073600", 1_136_073_600_000_000_000n],
    ["1136073600.5", 1_136_073_600_500_000_000n],
    ["1136073600.000000001", 1_136_073_600_000_000_001n],
  ])("time %s", (text, expected) => expect(parseTimestamp(text, now)).toBe(expected));

  it.each(["yesterday", "2024-13-01", "2024-01-02T25:00:00Z", "", "-5m"])("refuses %j", (text) =>
    expect(() => parseTimestamp(text, now)).toThrow(`invalid value "${text}"`),
  );
});

describe("environment", () => {
  const caller = { HOME: "/home/user", EMPTY: "" };
  it.each([
    ["A=b", "A=b"],
    ["A=", "A="],
    ["A=b=c", "A=b=c"],
    ["HOME", "HOME=/home/user"],
    ["EMPTY", "EMPTY="],
    ["MISSING", undefined],
  ])("%s", (text, expected) => expect(parseVariable(text, caller)).toBe(expected));

  it.each(["=", "=x", ""])("refuses %j", (text) =>
    expect(() => parseVariable(text, caller)).toThrow(`invalid environment variable: ${text}`),
  );

  it("is read from a file as it stands", () => {
    const content = '\uFEFF# comment\r\n\n  A=1\nB= x "y" \nHOME\nMISSING\n #also\n';
    expect(parseEnvironmentFile(content, caller)).toEqual(["A=1", 'B= x "y" ', "HOME=/home/user"]);
  });

  it.each([
    ["A B=c", "variable 'A B' contains whitespaces"],
    ["=c", "no variable name on line '=c'"],
  ])("refuses a file with %j", (content, message) =>
    expect(() => parseEnvironmentFile(content, caller)).toThrow(message),
  );
});

describe("ulimits", () => {
  it.each([
    ["nofile=1024:2048", { name: "nofile", soft: 1024, hard: 2048 }],
    ["nofile=1024", { name: "nofile", soft: 1024, hard: 1024 }],
    ["core=-1", { name: "core", soft: -1, hard: -1 }],
    ["stack=5:-1", { name: "stack", soft: 5, hard: -1 }],
  ])("%s", (text, expected) => expect(parseUlimit(text)).toEqual(expected));
  it.each([
    ["x", "invalid ulimit argument: x"],
    ["nofile=a", "invalid ulimit argument: nofile=a"],
    ["foo=3", "invalid ulimit type: foo"],
    ["nofile=5:3", "ulimit soft limit must be less than or equal to hard limit: 5 > 3"],
    ["nofile=-1:3", "ulimit soft limit must be less than or equal to hard limit: -1 > 3"],
  ])("refuses %s", (text, message) => expect(() => parseUlimit(text)).toThrow(message));
});

describe("pairs", () => {
  it("are labels, filters, assignments, tmpfs mounts", () => {
    expect(parseLabel("a=b=c")).toEqual(["a", "b=c"]);
    expect(parseLabel("a")).toEqual(["a", ""]);
    expect(parseFilter("Name = x")).toEqual(["name", "x"]);
    expect(parseAssignment("net.x=1")).toEqual(["net.x", "1"]);
    expect(parseTmpfs("/run")).toEqual(["/run", ""]);
    expect(parseTmpfs("/run:size=64m,mode=755")).toEqual(["/run", "size=64m,mode=755"]);
  });

  it("refuse what is incomplete", () => {
    expect(() => parseLabel("=")).toThrow("invalid label '=': empty name");
    expect(() => parseFilter("x")).toThrow("bad format of filter (expected name=value)");
    expect(() => parseAssignment("x")).toThrow("name=value");
    expect(() => parseTmpfs("run")).toThrow("absolute");
  });
});
