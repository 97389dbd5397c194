import { EngineError } from "@gantry/core";
import { StepError } from "@gantry/linux";

/**
 * What a failed launch or start means for the caller: whether the program could not be executed, or a part of the container could
 * not be made. The latter is the spec's fault unless the engine lacks a right or a resource.
 */
export function launchError(thrown: unknown): unknown {
  if (!(thrown instanceof StepError) || !thrown.step) return thrown;
  const { step, code, details } = thrown;
  if (step.do === "execute") return executeError(step.argv[0] ?? "", thrown);
  const message = step.do === "change-directory" ? `cwd ${step.path}: ${thrown.message}` : thrown.message;
  const kept = code === "forbidden" || code === "unavailable";
  return new EngineError(kept ? code : "invalid-argument", message, { cause: thrown, details: { ...details } });
}

function executeError(program: string, cause: StepError): EngineError {
  const { errnoName, message, details } = cause;
  const quoted = JSON.stringify(program);
  const fail = (code: "not-found" | "forbidden" | "invalid-argument", text: string, reason: string): EngineError =>
    new EngineError(code, text, { cause, details: { ...details, reason } });
  switch (errnoName) {
    case "ENOENT":
    case "ENOTDIR":
      return fail("not-found", `exec: ${quoted}: ${missingText(program)}`, "executable-not-found");
    case "EACCES":
    case "EISDIR":
      return fail("forbidden", `exec: ${quoted}: permission denied`, "executable-not-permitted");
    case "ENOEXEC":
      return fail("invalid-argument", `exec ${program}: exec format error`, "executable-format");
    case "E2BIG":
      return fail("invalid-argument", `exec: ${quoted}: argument list too long`, "arguments-too-long");
    default:
      return fail("invalid-argument", `exec: ${quoted}: ${message}`, "executable-failed");
  }
}

function missingText(program: string): string {
  return program.includes("/") ? `stat ${program}: no such file or directory` : "executable file not found in $PATH";
}
