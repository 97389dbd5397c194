import assert from "node:assert/strict";

import { type EngineError, type ErrorCode, isEngineError, messageOf } from "@gantry/core";

/** The engine error with which the work must fail: the given code, and a message of one line. */
export async function expectError(code: ErrorCode, work: () => unknown): Promise<EngineError> {
  let thrown: unknown;
  try {
    await work();
  } catch (error) {
    thrown = error;
  }
  if (thrown === undefined) assert.fail(`it succeeded where it must fail with ${code}`);
  assert.ok(isEngineError(thrown), `it must fail with an EngineError, not with: ${messageOf(thrown)}`);
  assert.equal(thrown.code, code, `wrong code for "${thrown.message}"`);
  assert.match(thrown.message, /^[^\n]+$/, "an error's message is one line");
  return thrown;
}

/** The work must fail with the very reason of its aborted signal. */
export async function expectAborted(work: (signal: AbortSignal) => unknown): Promise<void> {
  const reason = new Error("the caller gave up");
  await assert.rejects(
    async () => await work(AbortSignal.abort(reason)),
    (thrown) => thrown === reason,
  );
}
