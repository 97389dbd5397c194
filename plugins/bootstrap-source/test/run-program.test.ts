import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { runProgram } from "../src/run-program.ts";

describe("runProgram", () => {
  it("returns the output and tells the lines of stderr", async () => {
    const lines: string[] = [];
    const output = await runProgram(["sh", "-c", "echo out; echo one >&2; echo two >&2"], {
      onLine: (line) => lines.push(line),
    });
    expect(output).toBe("out\n");
    expect(lines).toEqual(["one", "two"]);
  });

  it("fails with the program's own words", async () => {
    const failing = runProgram(["sh", "-c", "echo 'E: no space left' >&2; echo bye >&2; exit 3"]);
    await expect(failing).rejects.toMatchObject({
      code: "unavailable",
      message: "sh failed with status 3: E: no space left",
    });
  });

  it("fails for a program that does not exist", async () => {
    await expect(runProgram(["no-such-program-here"])).rejects.toMatchObject({ code: "unavailable" });
  });

  it("kills the program at an abort and rejects with the reason once it is gone", async () => {
    const controller = new AbortController();
    let pid = 0;
    const running = runProgram(["sh", "-c", "echo $$ >&2; exec sleep 60"], {
      signal: controller.signal,
      onLine: (line) => {
        pid = Number(line);
        controller.abort(new Error("enough"));
      },
    });
    await expect(running).rejects.toThrow("enough");
    await sleep(20);
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  it("kills the program when its output cannot be taken", async () => {
    const failing = runProgram(["sh", "-c", "while :; do echo y; done"], {
      onOutput: () => Promise.reject(new Error("disk full")),
    });
    await expect(failing).rejects.toThrow("disk full");
  });
});
