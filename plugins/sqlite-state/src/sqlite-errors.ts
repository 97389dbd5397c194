import { EngineError, type ErrorCode, isEngineError, messageOf } from "@gantry/core";

/** By SQLite's primary result code: what it means to the engine, and what to do. */
const meanings = new Map<number, readonly [ErrorCode, string]>([
  [3, ["forbidden", "may not be opened: give the engine's user access to it and its directory"]],
  [5, ["conflict", "is in use by another process: stop it first"]],
  [8, ["forbidden", "cannot be written: give the engine's user access to it"]],
  [10, ["unavailable", "cannot be read or written: the disk may be full or failing, free some space"]],
  [11, ["internal", "is damaged: put back a copy, or move it away to start with no containers and images"]],
  [13, ["unavailable", "cannot grow: the disk is full, free some space"]],
  [14, ["unavailable", "cannot be opened: its directory must exist and be writable"]],
  [
    26,
    ["internal", "is not a SQLite database: put back a copy, or move it away to start with no containers and images"],
  ],
]);

/** What an error of node:sqlite, or of making its file, means to the engine. Other errors come back as they are. */
export function sqliteError(path: string, thrown: unknown): unknown {
  if (isEngineError(thrown) || !(thrown instanceof Error)) return thrown;
  if ("syscall" in thrown && "path" in thrown) return fileError(path, thrown);
  if (!("errcode" in thrown)) return thrown;
  const errcode = Number(thrown.errcode);
  // The low byte is the primary code; the rest tells more.
  const [code, what] = meanings.get(errcode & 0xff) ?? ["internal", `failed: ${messageOf(thrown)}`];
  return new EngineError(code, `the state in ${path} ${what}`, { cause: thrown, details: { path, errcode } });
}

function fileError(path: string, thrown: Error): EngineError {
  const errno = (thrown as NodeJS.ErrnoException).code;
  const code = errno === "ENOSPC" ? "unavailable" : errno === "EACCES" ? "forbidden" : "internal";
  return new EngineError(code, `the state in ${path} cannot be opened: ${thrown.message}`, {
    cause: thrown,
    details: { path },
  });
}
