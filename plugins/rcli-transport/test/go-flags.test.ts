import { describe, expect, test } from "vitest";

import { type FlagDefinition, flagDefaults, parseFlags } from "../src/text/go-flags.ts";

const definitions: readonly FlagDefinition[] = [
  { name: "a", type: "boolean", default: false, usage: "All" },
  { name: "o", type: "boolean", default: true, usage: "Output" },
  { name: "c", type: "string", default: "", usage: "Comment" },
  { name: "m", type: "integer", default: 0, usage: "Memory" },
];

function read(...argv: readonly string[]) {
  const { flags, arguments: rest } = parseFlags(definitions, argv);
  return { a: flags.on("a"), o: flags.on("o"), c: flags.text("c"), m: flags.integer("m"), rest };
}
const plain = { a: false, o: true, c: "", m: 0, rest: [] };

describe("Go's flags", () => {
  test.each([
    [["-a"], { a: true }],
    [["--a"], { a: true }],
    [["-o=false", "-a=1"], { a: true, o: false }],
    [["-c", "two words", "-m=64"], { c: "two words", m: 64 }],
    [["-c="], { c: "" }],
    [["-c=a=b"], { c: "a=b" }],
    [["-c", "-a"], { c: "-a" }],
    [["base", "-a"], { rest: ["base", "-a"] }],
    [["--", "-a"], { rest: ["-a"] }],
    [["-a", "-", "x"], { a: true, rest: ["-", "x"] }],
    [["-c=line\nline"], { c: "line\nline" }],
  ])("%j", (argv, expected) => {
    expect(read(...argv)).toEqual({ ...plain, ...expected });
  });

  test.each([
    [["-x"], "flag provided but not defined: -x"],
    [["-c"], "flag needs an argument: -c"],
    [["-a=maybe"], 'invalid boolean value "maybe" for  -a'],
    [["-m", "64M"], 'invalid value "64M" for flag -m'],
    [["-a=constructor"], 'invalid boolean value "constructor" for  -a'],
    [["---a"], "bad flag syntax: ---a"],
    [["-=x"], "bad flag syntax: -=x"],
    [["-h"], ""],
    [["--help"], ""],
  ])("%j is refused", (argv, message) => {
    expect(() => read(...argv)).toThrow(message);
  });

  test("the usage lists them by name, text in quotes", () => {
    expect(flagDefaults(definitions)).toBe('  -a=false: All\n  -c="": Comment\n  -m=0: Memory\n  -o=true: Output\n');
  });
});
