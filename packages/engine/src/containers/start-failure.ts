import { EngineError, isEngineError, messageOf } from "@gantry/core";

import type { ContainerRecord } from "./container-record.ts";

export interface StartFailure {
  /** Docker's: 127 not found, 126 not executable, 128 anything else. */
  exitCode: number;
  error: EngineError;
}

/** Says in Docker's words why a container could not start; clients take the exit code from the text, or from `details`. */
export function startFailure(container: Pick<ContainerRecord, "path">, thrown: unknown): StartFailure {
  const reason = isEngineError(thrown) ? thrown.details["reason"] : undefined;
  const program = JSON.stringify(container.path);
  const prefix = `failed to start container process: exec: ${program}: `;
  if (reason === "executable-not-found") {
    const text = container.path.includes("/")
      ? `stat ${container.path}: no such file or directory`
      : "executable file not found in $PATH";
    return failure(127, "invalid-argument", prefix + text, thrown);
  }
  if (reason === "executable-not-permitted") {
    return failure(126, "invalid-argument", `${prefix}permission denied`, thrown);
  }
  const code = isEngineError(thrown) ? thrown.code : "internal";
  return failure(128, code, `failed to start container: ${messageOf(thrown)}`, thrown);
}

function failure(exitCode: number, code: EngineError["code"], message: string, thrown: unknown): StartFailure {
  const details = { ...(isEngineError(thrown) ? thrown.details : {}), exitCode };
  return { exitCode, error: new EngineError(code, message, { cause: thrown, details }) };
}
