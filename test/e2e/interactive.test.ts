import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";

import { checkout, docker, removeContainers } from "../harness/docker.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { Terminal } from "../harness/terminal.ts";

const reason = obstacle("tmux");
const roots = inject("roots");
/** The screen's last line; trailing blanks are not captured. */
const prompt = /#$/;

function dockerCommand(...args: string[]): string[] {
  return [join(checkout, "bin/docker"), "--data-root", roots.dataRoot, "--exec-root", roots.execRoot, ...args];
}

describe.skipIf(reason !== undefined)(titled("an interactive shell", reason), () => {
  let before: ReadonlySet<string>;
  let terminal: Terminal;

  beforeEach(async () => {
    before = machineState(roots);
    terminal = new Terminal(dockerCommand("run", "--rm", "base"));
    expect(await terminal.shows(prompt)).toMatch(prompt);
  });
  afterEach(async () => {
    terminal[Symbol.dispose]();
    await removeContainers(roots);
    expect(await leftBehind(roots, before)).toEqual([]);
  });

  test("`run base` with no command is bash, and its exit status is the command's", async () => {
    terminal.type('echo "$BASH_VERSION" is bash number $((40 + 2))', "Enter");
    expect(await terminal.shows(/release is bash number 42/)).toMatch(/release is bash number 42/);
    terminal.type("exit 9", "Enter");
    expect(await terminal.shows(/status=9/)).toMatch(/status=9/);
  });

  test("^C interrupts, ^Z stops, fg goes on", async () => {
    terminal.type("sleep 1000", "Enter");
    await terminal.shows(/sleep 1000/);
    terminal.type("", "C-c");
    terminal.type("echo interrupted: $?", "Enter");
    expect(await terminal.shows(/interrupted: 130/)).toMatch(/interrupted: 130/);
    terminal.type("sleep 2000", "Enter");
    await terminal.shows(/sleep 2000/);
    terminal.type("", "C-z");
    expect(await terminal.shows(/Stopped +sleep 2000/)).toMatch(/Stopped +sleep 2000/);
    terminal.type("fg", "Enter");
    await terminal.shows(/fg\nsleep 2000/);
    terminal.type("", "C-c");
    terminal.type("jobs; echo after: $?", "Enter");
    expect(await terminal.shows(/after: 0/)).toMatch(/after: 0/);
  });

  test("knows the window's size, and learns of its change", async () => {
    terminal.type("stty size", "Enter");
    expect(await terminal.shows(/^24 80$/m)).toMatch(/^24 80$/m);
    terminal.resize({ columns: 101, rows: 33 });
    terminal.type("", "C-l");
    await terminal.shows(/^\S*#$/);
    terminal.type("stty size; echo $LINES x $COLUMNS", "Enter");
    expect(await terminal.shows(/^33 101\n33 x 101$/m)).toMatch(/^33 101\n33 x 101$/m);
  });

  test("shows colours and other alphabets", async () => {
    terminal.type(String.raw`printf '\033[31mred\033[0m plain ☕\n'; echo $TERM`, "Enter");
    await terminal.shows(/^red plain ☕\nxterm/m);
    expect(terminal.screen({ colours: true })).toContain("\u001b[31mred\u001b[39m plain ☕");
  });

  test("a pipeline of a megabyte is shown to its end", async () => {
    terminal.type("seq 1 150000; echo done", "Enter");
    expect(await terminal.shows(/^149999\n150000\ndone$/m)).toMatch(/^149999\n150000\ndone$/m);
  });

  test("^P^Q detaches and leaves the container running", async () => {
    terminal.type("echo still here", "Enter");
    await terminal.shows(/\nstill here/);
    terminal.type("", "C-p", "C-q");
    expect(await terminal.shows(/status=0/)).toMatch(/status=0/);
    expect((await docker(roots, ["ps", "-q"])).stdout).toMatch(/^[0-9a-f]{12}\n$/);
  });
});

describe.skipIf(reason !== undefined)(titled("a full-screen program", reason), () => {
  test("vi edits a file", async () => {
    using terminal = new Terminal(dockerCommand("run", "-it", "--rm", "busybox", "sh"));
    await terminal.shows(prompt);
    terminal.type("vi /tmp/file", "Enter");
    expect(await terminal.shows(/~\n~\n/)).toMatch(/~\n~\n/);
    terminal.type("iwritten in vi", "Escape");
    // A colon at once after Escape would be taken for Alt and the colon.
    await sleep(1000);
    terminal.type(":wq", "Enter");
    await terminal.shows(/\/ #$/);
    terminal.type("cat /tmp/file; exit", "Enter");
    expect(await terminal.shows(/^written in vi$[\s\S]*status=0/m)).toMatch(/^written in vi$[\s\S]*status=0/m);
  });
});
