import { EngineError } from "@gantry/core";

/** The error for a malformed or hostile archive. @param path the entry, as the archive names it, where it is known */
export function archiveError(problem: string, path?: string): EngineError {
  const where = path === undefined ? "the archive" : `archive entry ${JSON.stringify(path)}`;
  return new EngineError("invalid-argument", `${where} ${problem}`, path === undefined ? {} : { details: { path } });
}
