import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

import { describe, expect, it } from "vitest";

import { helperBinary } from "../src/index.ts";

function init(...words: readonly string[]): ChildProcess & { text: string } {
  const child = Object.assign(spawn(helperBinary(), ["init", ...words], { stdio: ["ignore", "pipe", "pipe"] }), {
    text: "",
  });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (child.text += data));
  return child;
}

async function exitCode(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, "close")) as [number];
  return code;
}

describe("the init", () => {
  it.each([
    [["--", "sh", "-c", "exit 3"], 3],
    [["--", "sh", "-c", "kill -9 $$"], 137],
    [["--", "sh", "-c", 'test "$#" = 2 && test -z "$1"', "sh", "", "a b"], 0],
    [["--", "nosuch"], 127],
    [["--", "/etc"], 126],
    [["--"], 64],
    [["sh"], 64],
  ])("%j ends with %i", async (words, code) => {
    expect(await exitCode(init(...words))).toBe(code);
  });

  it("says what it cannot execute", async () => {
    const child = init("--", "nosuch");
    await exitCode(child);
    expect(child.text).toBe("init: cannot execute nosuch: No such file or directory\n");
  });

  it("passes signals on", async () => {
    const child = init("--", "sh", "-c", "trap 'echo got; exit 9' USR1; echo ready; while :; do sleep 0.05; done");
    await expect.poll(() => child.text).toBe("ready\n");
    child.kill("SIGUSR1");
    expect(await exitCode(child)).toBe(9);
    expect(child.text).toBe("ready\ngot\n");
  });

  it("dies of a signal as its command does", async () => {
    const child = init("--", "sh", "-c", "echo ready; exec sleep 100");
    await expect.poll(() => child.text).toBe("ready\n");
    child.kill("SIGTERM");
    expect(await exitCode(child)).toBe(143);
  });
});
