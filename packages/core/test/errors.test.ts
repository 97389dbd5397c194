import { expect, test } from "vitest";

import { EngineError, errorCodes, isEngineError, messageOf } from "@gantry/core";

test("an engine error has a code, details and a cause", () => {
  const cause = new Error("why");
  const error = new EngineError("conflict", "it exists", { cause, details: { name: "a" } });
  expect(error).toMatchObject({
    name: "EngineError",
    code: "conflict",
    message: "it exists",
    cause,
    details: { name: "a" },
  });
  expect(new EngineError("internal", "x").details).toEqual({});
  expect("cause" in new EngineError("internal", "x")).toBe(false);
});

test("every code is recognised, alone", () => {
  for (const code of errorCodes) {
    expect(isEngineError(new EngineError(code, ""), code)).toBe(true);
    expect(isEngineError(new EngineError(code, ""))).toBe(true);
    expect(errorCodes.filter((other) => isEngineError(new EngineError(code, ""), other))).toEqual([code]);
  }
});

test("what only looks like one is not", () => {
  const named = Object.assign(new Error("x"), { name: "EngineError" });
  const unknown = Object.assign(new Error("x"), { name: "EngineError", code: "ENOENT" });
  const plain = { name: "EngineError", code: "conflict", message: "x" };
  for (const value of [named, unknown, plain, new Error("x"), null, undefined, "conflict"]) {
    expect(isEngineError(value)).toBe(false);
  }
});

test("the message of anything that was thrown", () => {
  expect([messageOf(new Error("text")), messageOf("text"), messageOf(undefined)]).toEqual([
    "text",
    "text",
    "undefined",
  ]);
});
