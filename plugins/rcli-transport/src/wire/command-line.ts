import { EngineError } from "@gantry/core";

/** Bytes that a command line may have; what is longer is no command line. */
export const maximumLine = 8 * 1024 * 1024;

/** A command line as its first line on the wire. */
export function encodeLine(argv: readonly string[]): string {
  return `${JSON.stringify(argv)}\n`;
}

/**
 * Reads the first line of a connection; `[]` and `""` ask for help.
 * Errors: `invalid-argument` for what is not a JSON array of strings. An HTTP request is none: no web page can speak this protocol.
 */
export function decodeLine(line: string): readonly string[] {
  const value = parse(line);
  if (value === "") return [];
  if (Array.isArray(value) && value.every((word) => typeof word === "string")) return value;
  throw new EngineError("invalid-argument", "the first line must be a JSON array of strings: the command line");
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
