import { EngineError } from "@gantry/core";

/** A spec that contradicts itself. @param field as `RuntimeSpec` names it */
export function invalidSpec(field: string, problem: string): EngineError {
  return new EngineError("invalid-argument", `${field}: ${problem}`, { details: { field } });
}
