import { describe, expect, it } from "vitest";

import { booleanFilter, pruneFilter } from "../src/filters/prune-filter.ts";
import { parseDuration } from "../src/parse-duration.ts";

const ago = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
const item = (hours: number, labels: Record<string, string> = {}) => ({ createdAt: ago(hours), labels });

describe("what may be pruned", () => {
  it("is older than a duration or a moment", () => {
    for (const until of ["2h", "1h60m", ago(2), String(Math.floor(Date.now() / 1000) - 7200)]) {
      const wanted = pruneFilter({ until: [until] });
      expect([wanted(item(3)), wanted(item(1))]).toEqual([true, false]);
    }
    expect(pruneFilter({})(item(0))).toBe(true);
  });

  it("has all of the labels, and none of the others", () => {
    const wanted = pruneFilter({ label: ["a", "b=1"], "label!": ["keep"] });
    expect(wanted(item(1, { a: "", b: "1" }))).toBe(true);
    expect(wanted(item(1, { a: "", b: "2" }))).toBe(false);
    expect(wanted(item(1, { a: "", b: "1", keep: "x" }))).toBe(false);
    expect(pruneFilter({ label: ["toString"] })(item(1))).toBe(false);
  });

  it("is told by filters that there are", () => {
    expect(() => pruneFilter({ name: ["x"] })).toThrow("invalid filter 'name'");
    expect(() => pruneFilter({ until: ["soon"] })).toThrow("invalid filter 'until=soon'");
    expect(() => pruneFilter({ until: ["1h", "2h"] })).toThrow("more than one until filter");
    expect(booleanFilter({ all: ["1"] }, "all", false)).toBe(true);
    expect(booleanFilter({}, "all", false)).toBe(false);
    expect(() => booleanFilter({ all: ["maybe"] }, "all", false)).toThrow("invalid filter 'all=maybe'");
  });
});

describe("durations", () => {
  it.for<[string, number | undefined]>([
    ["1h30m", 5400e9],
    ["1.5s", 1.5e9],
    ["-10ms", -10e6],
    ["0", 0],
    ["2us", 2000],
    ["3", undefined],
    ["1d", undefined],
    ["", undefined],
    ["1h 2m", undefined],
  ])("%s", ([text, expected]) => {
    expect(parseDuration(text)).toBe(expected);
  });
});
