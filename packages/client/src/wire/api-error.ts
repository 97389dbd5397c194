import { EngineError, type ErrorCode } from "@gantry/core";

const codes: Readonly<Record<number, ErrorCode>> = {
  304: "not-modified",
  400: "invalid-argument",
  401: "unauthorized",
  403: "forbidden",
  404: "not-found",
  409: "conflict",
  501: "unsupported",
  503: "unavailable",
};

/** The error that a status of the API stands for, with the server's words. */
export function apiError(status: number, message: string): EngineError {
  const line = message.trim().replaceAll(/\s*\n\s*/g, ": ");
  return new EngineError(codes[status] ?? "internal", line || `the engine answered with status ${status}`, {
    details: { status, ...startReason(line) },
  });
}

/**
 * Why a program could not be started: the API tells it by its words alone, and clients take their exit status from it. The words
 * of other failures may contain the same ones, so only such messages are looked at as tell of a start.
 */
function startReason(message: string): { reason?: string } {
  if (!/\bexec: |failed to (start|create)|runtime (create|exec) failed/.test(message)) return {};
  if (/executable file not found|no such file or directory/.test(message)) return { reason: "executable-not-found" };
  if (/permission denied|is a directory/.test(message)) return { reason: "executable-not-permitted" };
  return {};
}
