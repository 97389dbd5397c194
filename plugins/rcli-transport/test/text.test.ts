import { expect, test } from "vitest";

import { helpText } from "../src/text/help-text.ts";
import { humanDuration } from "../src/text/human-duration.ts";
import { tabulate } from "../src/text/tab-writer.ts";
import { argumentsOf, pathOf } from "../src/wire/request-path.ts";
import { seedHelp } from "./support/seed-help.ts";

test("the help is the seed's, byte for byte", () => {
  expect(helpText()).toBe(seedHelp);
  expect(
    helpText()
      .split("\n")
      .filter((line) => line.startsWith("    ")),
  ).toHaveLength(15);
});

const hour = 3600;
test.each([
  [0.5, "Less than a second"],
  [1, "1 seconds"],
  [59, "59 seconds"],
  [60, "About a minute"],
  [150, "2 minutes"],
  [hour, "About an hour"],
  [47 * hour, "47 hours"],
  [48 * hour, "2 days"],
  [14 * 24 * hour, "2 weeks"],
  [90 * 24 * hour, "3 months"],
  [800 * 24 * hour, "2 years"],
])("%d seconds are %s", (seconds, words) => {
  expect(humanDuration(seconds * 1000)).toBe(words);
});

test("columns are as wide as their widest cell and no narrower than the minimum; the last one is not padded", () => {
  const rows = [
    ["ID", "IMAGE", "COMMENT"],
    ["c0ffee00", "a-long-image-name", ""],
  ];
  expect(tabulate(rows, 12, 3)).toBe("ID          IMAGE               COMMENT\nc0ffee00    a-long-image-name   \n");
});

test.each([[["run", "-i", "base", "sh", "-c", "echo 'a b' & x=1+1 # é\n"]], [["ps"]], [[""]], [["a/b", "", "?"]]])(
  "a command line survives as a path: %j",
  (argv) => {
    expect(argumentsOf(pathOf(argv))).toEqual(argv);
  },
);

test("of a path the last element is the command, and q its arguments", () => {
  expect(argumentsOf("/v1/ps?q=-a&x=1&q=b+c")).toEqual(["ps", "-a", "b c"]);
  expect(argumentsOf("/")).toEqual([""]);
  expect(() => argumentsOf("/%zz")).toThrow("not percent-encoded");
});
