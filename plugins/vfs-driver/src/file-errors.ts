import { EngineError, isEngineError, messageOf } from "@gantry/core";

/** What an error of the file system means to the engine. @param doing completes "could not …" */
export function fileError(doing: string, thrown: unknown): EngineError {
  if (isEngineError(thrown)) return thrown;
  const errno = (thrown as NodeJS.ErrnoException).code ?? "";
  const options = { cause: thrown, details: { errno } };
  if (errno === "ENOSPC" || errno === "EDQUOT") {
    return new EngineError("unavailable", `could not ${doing}: the disk is full, free some space`, options);
  }
  const code = errno === "EACCES" || errno === "EPERM" || errno === "EROFS" ? "forbidden" : "internal";
  return new EngineError(code, `could not ${doing}: ${messageOf(thrown)}`, options);
}

export function wrapFileErrors<T>(doing: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw fileError(doing, thrown);
  }
}
