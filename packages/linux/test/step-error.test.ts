import { isEngineError } from "@gantry/core";
import { describe, expect, it } from "vitest";

import { StepError, decodeStepError, errnoName } from "../src/step-error.ts";
import type { Step } from "../src/step.ts";

const execute: Step = { do: "execute", argv: ["nope"], env: [] };
const mount: Step = { do: "mount", source: "none", target: "/t", type: "foofs", flags: 0, data: "" };

function failed(step: Step | undefined, errno: number, signal = 0): StepError {
  return new StepError({ phase: "process", index: 3, errno, errnoName: errnoName(errno) }, step, signal);
}

describe("StepError", () => {
  it("is an EngineError that names step, subject and reason", () => {
    const error = failed(mount, 19);
    expect(isEngineError(error, "unsupported")).toBe(true);
    expect(error.message).toBe("step mount of foofs on /t failed: the kernel does not have it (ENODEV)");
    expect(error.details).toEqual({ phase: "process", index: 3, errno: "ENODEV", step: "mount" });
  });

  it("calls a missing program not-found and a missing mount target not", () => {
    expect(failed(execute, 2).code).toBe("not-found");
    expect(failed(mount, 2).code).toBe("internal");
  });

  it.each([
    [13, "forbidden"],
    [1, "forbidden"],
    [28, "unavailable"],
    [22, "invalid-argument"],
    [38, "unsupported"],
    [8, "internal"],
  ])("maps errno %i to %s", (errno, code) => {
    expect(failed(execute, errno).code).toBe(code);
  });

  it("says which signal killed the process during a step", () => {
    expect(failed(execute, 0, 9).message).toContain("killed by signal 9");
  });

  it("stands for the clone itself where there is no such step", () => {
    const body = Buffer.alloc(16);
    body.writeUInt32LE(0, 0);
    body.writeUInt32LE(1, 4);
    body.writeUInt32LE(12, 8);
    const error = decodeStepError(body, { "before-clone": [mount], "after-clone": [], process: [execute] });
    expect(error.step).toBeUndefined();
    expect(error.message).toBe("cloning the process failed: the kernel reports (ENOMEM)");
  });
});
