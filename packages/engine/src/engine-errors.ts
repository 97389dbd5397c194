import { EngineError } from "@gantry/core";
import type { EngineErrorOptions } from "@gantry/core";
import { FormatError } from "@gantry/oci";

export function invalidArgument(message: string, details: EngineErrorOptions["details"] = {}): EngineError {
  return new EngineError("invalid-argument", message, { details });
}

export function conflict(message: string, details: EngineErrorOptions["details"] = {}): EngineError {
  return new EngineError("conflict", message, { details });
}

export function notFound(message: string, details: EngineErrorOptions["details"] = {}): EngineError {
  return new EngineError("not-found", message, { details });
}

/** Runs a parser of `@gantry/oci`, whose errors become the engine's. */
export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (thrown) {
    if (thrown instanceof FormatError) throw new EngineError("invalid-argument", thrown.message, { cause: thrown });
    throw thrown;
  }
}
