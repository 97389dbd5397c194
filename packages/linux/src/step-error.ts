import { constants } from "node:os";
import { getSystemErrorName } from "node:util";

import { EngineError, type ErrorCode } from "@gantry/core";

import type { Step, StepFailure } from "./step.ts";

const { errno } = constants;

/** `ENOENT` … for an errno. */
export function errnoName(number: number): string {
  return number === 0 ? "none" : getSystemErrorName(-number);
}

/** The code of an error that the kernel gave to a system call of the engine's own making. */
export function errorCodeOf(number: number): ErrorCode {
  switch (number) {
    case errno.EACCES:
    case errno.EPERM:
    case errno.EROFS:
      return "forbidden";
    case errno.ENOSPC:
    case errno.EDQUOT:
    case errno.ENOMEM:
    case errno.EMFILE:
    case errno.ENFILE:
    case errno.EAGAIN:
      return "unavailable";
    case errno.EINVAL:
    case errno.E2BIG:
    case errno.ENAMETOOLONG:
    case errno.ELOOP:
    case errno.ENOTDIR:
      return "invalid-argument";
    case errno.ENODEV:
    case errno.ENOSYS:
    case errno.EOPNOTSUPP:
      return "unsupported";
    case errno.EEXIST:
    case errno.EADDRINUSE:
    case errno.EBUSY:
      return "conflict";
    default:
      return "internal";
  }
}

const reasons: Readonly<Record<number, string>> = {
  [errno.EACCES]: "permission denied",
  [errno.EPERM]: "operation not permitted",
  [errno.ENOENT]: "no such file or directory",
  [errno.ENOSPC]: "no space left on device",
  [errno.EINVAL]: "the kernel refuses the arguments",
  [errno.ENODEV]: "the kernel does not have it",
  [errno.ENOEXEC]: "exec format error",
  [errno.EROFS]: "read-only file system",
  [errno.EBUSY]: "in use",
  [errno.E2BIG]: "argument list too long",
  [errno.ENOTDIR]: "not a directory",
};

/** The part of a step that says what it was about. */
function subjectOf(step: Step): string {
  switch (step.do) {
    case "execute":
      return ` ${JSON.stringify(step.argv[0] ?? "")}`;
    case "mount":
      return ` of ${step.type === "" ? step.source : step.type} on ${step.target}`;
    case "write-child":
    case "hostname":
    case "domainname":
      return ` ${step.name}`;
    case "rlimit":
      return ` of resource ${step.resource}`;
    default:
      if ("target" in step) return ` of ${step.target}`;
      return "path" in step ? ` of ${step.path}` : "";
  }
}

function describe(failure: StepFailure, step: Step | undefined, signal: number): string {
  const what = step ? `step ${step.do}${subjectOf(step)}` : "cloning the process";
  if (signal > 0) return `${what} failed: the process was killed by signal ${signal}`;
  return `${what} failed: ${reasons[failure.errno] ?? "the kernel reports"} (${failure.errnoName})`;
}

/** A step that failed. Message and details name it; `step` is it, or `undefined` when the clone itself failed. */
export class StepError extends EngineError {
  readonly phase: StepFailure["phase"];
  /** Among the steps of the phase. */
  readonly index: number;
  /** 0 when the process was killed during the step. */
  readonly errno: number;
  readonly errnoName: string;
  readonly step: Step | undefined;

  constructor(failure: StepFailure, step: Step | undefined, signal = 0) {
    const missing = failure.errno === errno.ENOENT || failure.errno === errno.ENOTDIR;
    super(
      step?.do === "execute" && missing ? "not-found" : errorCodeOf(failure.errno),
      describe(failure, step, signal),
      {
        details: {
          phase: failure.phase,
          index: failure.index,
          errno: failure.errnoName,
          ...(step && { step: step.do }),
          ...(signal > 0 && { signal }),
        },
      },
    );
    this.phase = failure.phase;
    this.index = failure.index;
    this.errno = failure.errno;
    this.errnoName = failure.errnoName;
    this.step = step;
  }
}

const phases = ["before-clone", "after-clone", "process"] as const;

/** Reads the body of a `stepFailed` message. */
export function decodeStepError(
  body: Buffer,
  steps: Readonly<Record<StepFailure["phase"], readonly Step[]>>,
): StepError {
  const phase = phases[body.readUInt32LE(0)] ?? "process";
  const index = body.readUInt32LE(4);
  const number = body.readUInt32LE(8);
  return new StepError(
    { phase, index, errno: number, errnoName: errnoName(number) },
    steps[phase][index],
    body.readUInt32LE(12),
  );
}
