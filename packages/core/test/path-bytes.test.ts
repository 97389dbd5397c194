import { assert, property, string, uint8Array } from "fast-check";
import { expect, test } from "vitest";

import { decodePath, encodePath } from "@gantry/core";

test("any bytes survive the way to a string and back", () => {
  assert(
    property(uint8Array({ maxLength: 64 }), (bytes) => {
      expect(encodePath(decodePath(bytes))).toEqual(bytes);
    }),
  );
});

test("any well-formed text is itself", () => {
  assert(
    property(string({ unit: "binary" }), (text) => {
      expect(decodePath(encodePath(text))).toBe(text);
    }),
  );
});

test("a byte that is no UTF-8 becomes U+DC00 and the byte", () => {
  expect(decodePath(Uint8Array.of(0x61, 0xff, 0xc3, 0x28, 0xe2, 0x98, 0x95))).toBe("a\udcff\udcc3(☕");
});

test("encodings of surrogates and overlong forms are bytes, not text", () => {
  expect(decodePath(Uint8Array.of(0xed, 0xa0, 0x80))).toBe("\udced\udca0\udc80");
  expect(decodePath(Uint8Array.of(0xc0, 0xaf))).toBe("\udcc0\udcaf");
});
