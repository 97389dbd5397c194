import { describe, expect, test } from "vitest";

import { closeRecord, decodeRecord, encodeEntries } from "../src/json-line.ts";
import { formatTime, parseTime } from "../src/rfc3339.ts";
import { entry, time } from "./log-fixture.ts";

function encode(data: string | Uint8Array): string[] {
  return [...encodeEntries([entry(data)])].map((record) => closeRecord(record));
}
const rest = ',"stream":"stdout","time":"2023-11-14T22:13:20.123456789Z"}\n';

describe("a record", () => {
  test("is Docker's line", () => {
    expect(encode("hello\n")).toEqual([`{"log":"hello\\n"${rest}`]);
  });

  test("is escaped as Docker does it: markup, control characters and line separators as \\u", () => {
    expect(encode('\t"\\<b>&\r\u0000\u001b\u007f\u2028é☕\n')).toEqual([
      `{"log":"\\u0009\\"\\\\\\u003cb\\u003e\\u0026\\r\\u0000\\u001b\u007f\\u2028é☕\\n"${rest}`,
    ]);
  });

  test("is escaped in the same way whatever else stands in the line", () => {
    for (let code = 0; code < 0x80; code += 1) {
      const character = String.fromCharCode(code);
      if (character === "\n") continue;
      const alone = encode(`${character}\n`)[0]!;
      const beside = encode(`${character}<\n`)[0]!;
      expect(decodeRecord(alone)?.data.toString()).toBe(`${character}\n`);
      expect(beside).toBe(alone.replace('\\n"', '\\u003c\\n"'));
    }
  });

  test("is one for each line, and one for what has no line end", () => {
    expect(encode("a\n\nb")).toEqual([`{"log":"a\\n"${rest}`, `{"log":"\\n"${rest}`, `{"log":"b"${rest}`]);
  });

  test("that is not UTF-8 has replacement characters for Docker's readers and the bytes for ours", () => {
    const bytes = Uint8Array.of(0x61, 0xff, 0x0a);
    const [line] = encode(bytes);
    expect(line).toBe(`{"log":"a\ufffd\\n","raw":"Yf8K"${rest}`);
    expect(decodeRecord(line!)?.data).toEqual(Buffer.from(bytes));
  });

  test("of a valid line beside an invalid one stays plain", () => {
    expect(encode(Buffer.concat([Buffer.from("ok\n"), Uint8Array.of(0xff)]))[0]).toBe(`{"log":"ok\\n"${rest}`);
  });

  test("carries the position when it is the last one", () => {
    const [open] = [...encodeEntries([entry("x")])];
    expect(decodeRecord(closeRecord(open!, 2 ** 53 - 1))?.position).toBe(2 ** 53 - 1);
  });

  test.each([
    ["16 KiB and a line end", `${"x".repeat(16_384)}\n`, [16_385]],
    ["one byte more", `${"x".repeat(16_385)}\n`, [16_384, 2]],
    ["40 KiB without line end", "x".repeat(40_960), [16_384, 16_384, 8192]],
    ["characters of three bytes", `${"☕".repeat(6000)}\n`, [16_383, 1618]],
  ])("a line of %s is cut between characters", (_, line, lengths) => {
    const records = encode(line).map((text) => decodeRecord(text)!);
    expect(records.map(({ data }) => data.length)).toEqual(lengths);
    expect(Buffer.concat(records.map(({ data }) => data)).toString()).toBe(line);
  });

  test.each(["", "{", "null", "1", "[]", "{}", '{"log":1,"stream":"stdout","time":"2023-11-14T22:13:20Z"}'])(
    "is not %j",
    (line) => {
      expect(decodeRecord(line)).toBeUndefined();
    },
  );
});

describe("times", () => {
  test.each([
    [time, "2023-11-14T22:13:20.123456789Z"],
    [1_700_000_000_000_000_000n, "2023-11-14T22:13:20Z"],
    [1_700_000_000_120_000_000n, "2023-11-14T22:13:20.12Z"],
    [1_700_000_000_000_000_001n, "2023-11-14T22:13:20.000000001Z"],
    [-1n, "1969-12-31T23:59:59.999999999Z"],
    [0n, "1970-01-01T00:00:00Z"],
  ])("%d is written %s and read back", (nanoseconds, text) => {
    expect(formatTime(nanoseconds)).toBe(text);
    expect(parseTime(text)).toBe(nanoseconds);
  });

  test("with an offset, as other writers have them, are read", () => {
    expect(parseTime("2023-11-14T23:13:20.5+01:00")).toBe(1_700_000_000_500_000_000n);
  });

  test.each(["", "yesterday", "2023-11-14", "2023-13-14T22:13:20Z"])("%j is none", (text) => {
    expect(parseTime(text)).toBeUndefined();
  });
});
