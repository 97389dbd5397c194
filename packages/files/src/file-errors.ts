import { EngineError, isEngineError, messageOf } from "@gantry/core";

/** The errno's name, or `""` for what is no error of the system. */
export function errnoOf(thrown: unknown): string {
  return (thrown as NodeJS.ErrnoException | undefined)?.code ?? "";
}

/**
 * What an error of the file system means to the engine: `unavailable` for a full disk, `forbidden`, else `internal`; its
 * `details.errno` names the errno. Anything else is given back as it is.
 * @param doing completes "could not …"
 */
export function fileError(doing: string, thrown: unknown): unknown {
  if (isEngineError(thrown) || !(thrown instanceof Error) || !("syscall" in thrown)) return thrown;
  const errno = errnoOf(thrown);
  const options = { cause: thrown, details: { errno } };
  if (errno === "ENOSPC" || errno === "EDQUOT") {
    return new EngineError("unavailable", `could not ${doing}: the disk is full, free some space`, options);
  }
  const code = errno === "EACCES" || errno === "EPERM" || errno === "EROFS" ? "forbidden" : "internal";
  return new EngineError(code, `could not ${doing}: ${messageOf(thrown)}`, options);
}

/** Runs synchronous work whose errors become {@link fileError}s. */
export function wrapFileErrors<T>(doing: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw fileError(doing, thrown);
  }
}

/** A name as it can stand in a message, which is one line. */
export function shown(name: string): string {
  return /\p{Cc}/u.test(name) ? JSON.stringify(name) : name;
}
