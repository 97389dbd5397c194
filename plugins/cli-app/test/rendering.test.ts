import { describe, expect, it } from "vitest";

import { humanAge, humanDuration } from "../src/rendering/human-duration.ts";
import { binarySize, humanSize, preciseSize } from "../src/rendering/human-size.ts";
import { goTime, rfc3339Nanos } from "../src/rendering/go-time.ts";
import { ellipsis, printable, shortId } from "../src/rendering/short-text.ts";
import { renderTable } from "../src/rendering/text-table.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe("durations", () => {
  it.each([
    [0, "Less than a second"],
    [999, "Less than a second"],
    [second, "1 second"],
    [59 * second, "59 seconds"],
    [minute, "About a minute"],
    [119 * second, "About a minute"],
    [2 * minute, "2 minutes"],
    [59 * minute, "59 minutes"],
    [hour, "About an hour"],
    [89 * minute, "About an hour"],
    [90 * minute, "2 hours"],
    [47 * hour, "47 hours"],
    [48 * hour, "2 days"],
    [13 * day, "13 days"],
    [14 * day, "2 weeks"],
    [89 * day, "12 weeks"],
    [90 * day, "3 months"],
    [729 * day, "24 months"],
    [730 * day, "2 years"],
  ])("%d ms: %s", (span, words) => expect(humanDuration(span)).toBe(words));

  it("of a time that lies ahead are none, of no time empty", () => {
    expect(humanAge("2024-05-01T12:00:01Z", Date.parse("2024-05-01T12:00:00Z"))).toBe("Less than a second");
    expect(humanAge(undefined, 0)).toBe("");
  });
});

it.each([
  [0, "0B"],
  [999, "999B"],
  [1000, "1kB"],
  [4_261_550, "4.26MB"],
  [117_000_000, "117MB"],
  [999_499, "999kB"],
  [999_500, "1MB"],
  [1_500_000_000, "1.5GB"],
])("size %d: %s", (bytes, words) => expect(humanSize(bytes)).toBe(words));

it.each([
  [0, "0B", "0B"],
  [1023, "1.023kB", "1023B"],
  [188_111_222, "188.1MB", "179.4MiB"],
  [999_960_000, "1GB", "953.6MiB"],
  [2_101_346_304, "2.101GB", "1.957GiB"],
])("size %d with four digits: %s, %s", (bytes, decimal, binary) => {
  expect([preciseSize(bytes), binarySize(bytes)]).toEqual([decimal, binary]);
});

it("aligns a table as Docker does", () => {
  expect(
    renderTable([
      ["ID", "NAME", "LAST"],
      ["1", "a long name here", "x"],
      ["22", "ünï", ""],
    ]),
  ).toBe("ID        NAME               LAST\n1         a long name here   x\n22        ünï                \n");
});

it("prints times as Go does", () => {
  expect(goTime("2013-02-26T17:28:00.123456789Z")).toBe("2013-02-26 17:28:00 +0000 UTC");
  expect(rfc3339Nanos(1_000_000_001n)).toBe("1970-01-01T00:00:01.000000001Z");
});

it("shortens ids and texts, and shows control characters", () => {
  expect(shortId("sha256:0123456789abcdef")).toBe("0123456789ab");
  expect(ellipsis("12345", 5)).toBe("12345");
  expect(ellipsis("123456", 5)).toBe("1234…");
  expect(printable("a\n\u001B[31mb")).toBe("a\\n\\u001b[31mb");
});
