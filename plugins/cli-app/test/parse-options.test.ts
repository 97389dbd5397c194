import type { CommandOption } from "@gantry/core";
import { array, assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";

import { parseOptions } from "../src/parsing/parse-options.ts";

const specs: readonly CommandOption[] = [
  { name: "interactive", short: "i", type: "boolean", summary: "" },
  { name: "tty", short: "t", type: "boolean", summary: "" },
  { name: "rm", type: "boolean", summary: "" },
  { name: "sig-proxy", type: "boolean", default: true, summary: "" },
  { name: "env", short: "e", type: "list", summary: "" },
  { name: "name", short: "n", type: "string", summary: "" },
];

const parse = (argv: readonly string[], stop = true) => parseOptions(specs, argv, stop);

describe("options", () => {
  it.each([
    [["--name=x"], { name: "x" }],
    [["--name", "x"], { name: "x" }],
    [["--name="], { name: "" }],
    [["--name", ""], { name: "" }],
    [["--name", "--rm"], { name: "--rm" }],
    [["-nx"], { name: "x" }],
    [["-n", "x"], { name: "x" }],
    [["-n=x"], { name: "x" }],
    [["-it"], { interactive: true, tty: true }],
    [["-itn", "x"], { interactive: true, tty: true, name: "x" }],
    [["-itnx"], { interactive: true, tty: true, name: "x" }],
    [["-i=false"], { interactive: false }],
    [["--rm=false"], { rm: false }],
    [["--rm=1"], { rm: true }],
    [["--rm", "--rm=0"], { rm: false }],
    [["--sig-proxy=false"], { "sig-proxy": false }],
    [["-e", "A=b"], { env: ["A=b"] }],
    [["-eA=b"], { env: ["A=b"] }],
    [["-e=A=b"], { env: ["A=b"] }],
    [["-e", "A=1", "--env=B=2", "--env", "C"], { env: ["A=1", "B=2", "C"] }],
    [["--name", "a", "--name", "b"], { name: "b" }],
  ])("%j", (argv, expected) => {
    expect(parse(argv)).toEqual({ arguments: [], options: { "sig-proxy": true, ...expected } });
  });

  it("end at the first argument where the command says so", () => {
    expect(parse(["-i", "image", "-t", "--", "--foo"])).toEqual({
      arguments: ["image", "-t", "--", "--foo"],
      options: { interactive: true, "sig-proxy": true },
    });
  });

  it("go on after arguments where it does not", () => {
    expect(parse(["a", "-i", "b", "--", "-t"], false).arguments).toEqual(["a", "b", "-t"]);
  });

  it("end at --, and a single dash is an argument", () => {
    expect(parse(["--", "-i"]).arguments).toEqual(["-i"]);
    expect(parse(["-", "-i"]).arguments).toEqual(["-", "-i"]);
  });

  it.each([
    [["--foo"], "unknown flag: --foo"],
    [["--foo=1"], "unknown flag: --foo"],
    [["--nam", "x"], "unknown flag: --nam"],
    [["-x"], "unknown shorthand flag: 'x' in -x"],
    [["-ix"], "unknown shorthand flag: 'x' in -x"],
    [["--name"], "flag needs an argument: --name"],
    [["-in"], "flag needs an argument: 'n' in -n"],
    [["--=x"], "bad flag syntax: --=x"],
    [["---x"], "bad flag syntax: ---x"],
    [["--rm=maybe"], 'invalid argument "maybe" for "--rm" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
    [["-t=x"], 'invalid argument "x" for "-t, --tty" flag: strconv.ParseBool: parsing "x": invalid syntax'],
  ])("refuses %j", (argv, message) => {
    expect(() => parse(argv)).toThrow(expect.objectContaining({ message, status: 125 }));
  });

  it("passes any words on unchanged behind the first argument", () => {
    assert(
      property(array(string()), (words) => {
        expect(parse(["-i", "image", ...words]).arguments).toEqual(["image", ...words]);
      }),
    );
  });

  it("takes any value unchanged in each of its forms", () => {
    assert(
      property(string({ minLength: 1 }), (value) => {
        expect(parse([`--env=${value}`, "--env", value, "-e", value, `-e=${value}`]).options["env"]).toEqual([
          value,
          value,
          value,
          value,
        ]);
      }),
    );
  });
});
