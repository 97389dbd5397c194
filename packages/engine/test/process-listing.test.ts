import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { fullFormat } from "../src/processes/full-format.ts";
import { hostPs, selectProcesses } from "../src/processes/host-ps.ts";
import { processFacts } from "../src/processes/process-facts.ts";
import type { ProcessFacts } from "../src/processes/process-facts.ts";

const day = 86_400;
const facts: ProcessFacts = {
  pid: 12,
  parent: 1,
  uid: 0,
  terminal: 0,
  cpuTime: 0,
  startedAt: 0,
  zombie: false,
  words: ["sleep", "1000"],
  name: "sleep",
};

describe("ps -ef", () => {
  const now = new Date(2026, 10, 24, 12, 30);
  const users = new Map([
    [0, "root"],
    [7, "somebody-else"],
  ]);
  const row = (more: Partial<ProcessFacts>): readonly string[] =>
    fullFormat([{ ...facts, ...more }], users, { uptime: 400 * day, now }).processes[0]!;

  it("has Docker's columns", () => {
    expect(fullFormat([facts], users, { uptime: 60, now })).toEqual({
      titles: ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
      processes: [["root", "12", "1", "0", "12:29", "?", "00:00:00", "sleep 1000"]],
    });
  });

  it.each<[Partial<ProcessFacts>, number, string]>([
    [{ uid: 7 }, 0, "somebod+"],
    [{ uid: 99 }, 0, "99"],
    [{ startedAt: 399.5 * day, cpuTime: 0.25 * day }, 3, "50"],
    [{ startedAt: 400 * day - 1, cpuTime: 5 }, 3, "99"],
    [{ startedAt: 399 * day }, 4, "Nov23"],
    [{ startedAt: 10 * day }, 4, "2025"],
    [{ terminal: 136 * 256 + 3 }, 5, "pts/3"],
    [{ terminal: 137 * 256 + 1 }, 5, "pts/257"],
    [{ terminal: 4 * 256 + 1 }, 5, "tty1"],
    [{ terminal: 4 * 256 + 64 }, 5, "ttyS0"],
    [{ cpuTime: 3661.9 }, 6, "01:01:01"],
    [{ cpuTime: 2 * day + 1 }, 6, "02-00:00:01"],
    [{ words: ["a b", "", "c\nd"] }, 7, "a b  c?d"],
    [{ words: [], name: "kworker" }, 7, "[kworker]"],
    [{ zombie: true }, 7, "[sleep] <defunct>"],
  ])("%j", (more, column, text) => {
    expect(row(more)[column]).toBe(text);
  });
});

describe("the facts of a process", () => {
  it("come from /proc", async () => {
    const child = spawn("sleep", ["1000"]);
    try {
      await expect.poll(() => processFacts(child.pid!)).toMatchObject({ name: "sleep" });
      expect(await processFacts(child.pid!)).toMatchObject({
        pid: child.pid,
        parent: process.pid,
        uid: process.geteuid?.(),
        words: ["sleep", "1000"],
        zombie: false,
      });
    } finally {
      child.kill("SIGKILL");
    }
    await once(child, "exit");
    expect(await processFacts(child.pid!)).toBeUndefined();
  });
});

describe("the host's ps", () => {
  it("is filtered by process, threads included", () => {
    const listing =
      "  PID   LWP COMMAND\n    1     - init x\n   12     - sleep  10\n    -    12 -\n   13     - sh\n    -    13 -\n";
    expect(selectProcesses(listing, [12])).toEqual({
      titles: ["PID", "LWP", "COMMAND"],
      processes: [
        ["12", "-", "sleep 10"],
        ["-", "12", "-"],
      ],
    });
  });

  it("must show a column PID", () => {
    expect(() => selectProcesses("USER COMMAND\nroot sh\n", [1])).toThrow("Couldn't find PID field in ps output");
  });

  it.runIf(existsSync("/bin/ps"))("runs with the arguments of the user (needs ps)", async () => {
    const { titles, processes } = await hostPs("-o pid,comm", [process.pid]);
    expect(titles).toEqual(["PID", "COMMAND"]);
    expect(processes.map(([pid]) => pid)).toEqual([String(process.pid)]);
    await expect(hostPs("--nosuch", [1])).rejects.toMatchObject({ code: "invalid-argument" });
  });
});
