import type { EngineError, ErrorCode } from "@gantry/core";

const codes: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ["not-found", "no such file or directory"],
  ENOTDIR: ["invalid-argument", "not a directory"],
  EISDIR: ["invalid-argument", "is a directory"],
  EACCES: ["forbidden", "permission denied"],
  EPERM: ["forbidden", "operation not permitted"],
  EROFS: ["forbidden", "read-only file system"],
  ENOSPC: ["unavailable", "no space left on device"],
};

/** Says in one line what a call for a file failed with. (Core is loaded for the error only: most calls never need it.) */
export async function fileError(thrown: unknown, path: string): Promise<EngineError> {
  const { EngineError, messageOf } = await import("@gantry/core");
  if (thrown instanceof EngineError) return thrown;
  const [code, text] = codes[(thrown as NodeJS.ErrnoException).code ?? ""] ?? ["internal", messageOf(thrown)];
  return new EngineError(code, `${path}: ${text}`, { cause: thrown, details: { path } });
}
