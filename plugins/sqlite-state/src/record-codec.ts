import { EngineError, messageOf } from "@gantry/core";

/** Errors: `invalid-argument`, naming which of the two is wrong. */
export function checkName(bucket: string, key: string): void {
  for (const [field, value] of [
    ["bucket", bucket],
    ["key", key],
  ] as const) {
    if (value === "" || value.includes("\0") || !value.isWellFormed()) {
      const shown = JSON.stringify(value);
      throw new EngineError(
        "invalid-argument",
        `${field} ${shown} is malformed: it must be text, not empty and without NUL`,
      );
    }
  }
}

/** Errors: `invalid-argument` for a value that would not come back from JSON as it was. */
export function encodeValue(bucket: string, key: string, value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, refuseLossy) as string | undefined;
  } catch (thrown) {
    throw unfit(bucket, key, messageOf(thrown).split("\n", 1)[0]!, thrown);
  }
  if (text === undefined) throw unfit(bucket, key, `${typeof value} is not JSON`);
  return text;
}

function refuseLossy(name: string, value: unknown): unknown {
  const lossy =
    typeof value === "function" || typeof value === "symbol" || (typeof value === "number" && !Number.isFinite(value));
  if (lossy) throw new TypeError(`${name === "" ? "the value" : name} is ${String(value)}`);
  return value;
}

function unfit(bucket: string, key: string, why: string, cause?: unknown): EngineError {
  return new EngineError(
    "invalid-argument",
    `the value of ${JSON.stringify(`${bucket}/${key}`)} cannot be kept as JSON: ${why}`,
    { cause },
  );
}
