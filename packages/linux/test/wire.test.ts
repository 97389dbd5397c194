import { encodePath } from "@gantry/core";
import { describe, expect, it } from "vitest";

import { BodyWriter, FrameReader, encodeFrame, frameLimit } from "../src/wire.ts";

describe("FrameReader", () => {
  const frames = [encodeFrame(1, 7, Buffer.from("hello")), encodeFrame(2, 0xffff, new Uint8Array())];
  const bytes = Buffer.concat(frames);

  it.each([1, 2, 3, 7, 8, 9, bytes.length])("cuts a stream that comes %i bytes at a time", (size) => {
    const reader = new FrameReader();
    const found = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...reader.push(bytes.subarray(at, at + size)));
    expect(found.map(({ type, id, body }) => [type, id, body.toString()])).toEqual([
      [1, 7, "hello"],
      [2, 0xffff, ""],
    ]);
  });

  it("refuses a frame that is longer than any may be", () => {
    const header = encodeFrame(1, 1, new Uint8Array());
    header.writeUInt32LE(frameLimit + 1, 4);
    expect(() => new FrameReader().push(header)).toThrow(/frame of/);
  });
});

describe("BodyWriter", () => {
  it("writes strings as the bytes that stand on disk, behind their length and before a NUL", () => {
    const long = "\u00fc".repeat(100_000);
    for (const text of ["", "plain", "\u00e4\u{1f600}", "odd \udcff name", long]) {
      const bytes = encodePath(text);
      const body = new BodyWriter().string(text).u8(7).finish();
      expect(body.readUInt32LE(0)).toBe(bytes.length);
      expect(body.subarray(4).equals(Buffer.concat([bytes, Buffer.of(0, 7)]))).toBe(true);
    }
  });

  it("writes little-endian numbers", () => {
    const body = new BodyWriter()
      .u8(1)
      .u32(0xfffffffe)
      .u64(2n ** 64n - 1n)
      .finish();
    expect(body.toString("hex")).toBe("01feffffffffffffffffffffff");
  });

  it("ends a string with NUL behind its length in bytes", () => {
    expect(new BodyWriter().string("é").finish().toString("hex")).toBe("02000000c3a900");
  });

  it("keeps bytes of a path that are not UTF-8", () => {
    expect(new BodyWriter().string("a\udcff").finish().toString("hex")).toBe("0200000061ff00");
  });

  it("refuses NUL in a string", () => {
    expect(() => new BodyWriter().string("a\0b")).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  it("refuses more than a frame holds", () => {
    const body = new BodyWriter().bytes(new Uint8Array(frameLimit));
    expect(() => body.finish()).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });
});
