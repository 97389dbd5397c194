import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { DaemonProcess } from "../harness/daemon.ts";
import { checkout, docker } from "../harness/docker.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { Terminal } from "../harness/terminal.ts";

const reason = obstacle("tmux");
const roots = inject("roots");

describe.skipIf(reason !== undefined)(titled("sessions through a daemon", reason), () => {
  let daemon: DaemonProcess;
  let directory: string;

  const call = (...args: string[]) => docker(roots, ["-H", daemon.addresses[0]!, ...args]);
  const terminal = (...args: string[]) =>
    new Terminal([join(checkout, "bin/docker"), "-H", daemon.addresses[0]!, ...args], { columns: 100, rows: 30 });

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "gantry-sessions-"));
    daemon = await DaemonProcess.start(roots, [`unix://${roots.execRoot}/docker.sock`]);
    await call("run", "-dit", "--name", "session", "busybox", "sh");
  });
  afterAll(async () => {
    if (daemon === undefined) return;
    await call("rm", "-f", "session");
    await daemon[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  test("exec -it is a terminal of the caller's size, and follows it", async () => {
    using screen = terminal("exec", "-it", "session", "sh");
    await screen.shows(/# $/);
    screen.type("tty; stty size", "Enter");
    expect(await screen.shows(/30 100/)).toMatch(/\/dev\/(pts\/\d+|console)\n30 100/);
    screen.resize({ columns: 70, rows: 20 });
    screen.type("stty size", "Enter");
    expect(await screen.shows(/20 70/)).toMatch(/20 70/);
    screen.type("exit 7", "Enter");
    expect(await screen.shows(/status=7/)).toMatch(/status=7/);
  });

  test("attach joins what runs, and ctrl-p ctrl-q leaves it", async () => {
    using first = terminal("attach", "session");
    using second = terminal("attach", "session");
    // Who attaches to a shell that waits sees nothing until it says something.
    for (const each of [first, second]) {
      each.type("", "Enter");
      expect(await each.shows(/#$/m)).toMatch(/#$/m);
    }
    first.type("echo $((6 * 7)) seen", "Enter");
    expect(await first.shows(/42 seen/)).toMatch(/42 seen/);
    expect(await second.shows(/42 seen/)).toMatch(/42 seen/);
    first.type("", "C-p", "C-q");
    expect(await first.shows(/status=0/)).toMatch(/status=0/);
    second.type("echo still $((1 + 1)) here", "Enter");
    expect(await second.shows(/still 2 here/)).toMatch(/still 2 here/);
    expect((await call("ps", "-q", "-f", "name=session")).stdout).not.toBe("");
  });

  test("exec passes input to its end and keeps the streams apart", async () => {
    const stdin = "line\n".repeat(50_000);
    const args = ["-H", daemon.addresses[0]!, "exec", "-i", "session", "sh", "-c", "cat; echo err >&2; exit 3"];
    expect(await docker(roots, args, { stdin })).toEqual({ status: 3, stdout: stdin, stderr: "err\n" });
    expect((await call("exec", "session", "no-such-program")).status).toBe(127);
    expect((await call("exec", "session", "/etc")).status).toBe(126);
    expect((await call("exec", "nothing", "true")).status).toBe(1);
  });

  test("cp carries files and directories both ways", async () => {
    mkdirSync(join(directory, "tree", "inner"), { recursive: true });
    writeFileSync(join(directory, "tree", "inner", "file"), "content\n".repeat(100_000), { mode: 0o640 });
    symlinkSync("inner/file", join(directory, "tree", "link"));
    expect(await call("cp", join(directory, "tree"), "session:/tmp/copy")).toMatchObject({ status: 0, stderr: "" });
    const listed = await call(
      "exec",
      "session",
      "sh",
      "-c",
      "cd /tmp/copy; wc -c inner/file; readlink link; stat -c '%a %u' inner/file",
    );
    expect(listed.stdout).toBe("800000 inner/file\ninner/file\n640 0\n");

    mkdirSync(join(directory, "out"));
    expect(await call("cp", "session:/tmp/copy", join(directory, "out"))).toMatchObject({ status: 0, stderr: "" });
    expect(await call("cp", "session:/tmp/copy/.", join(directory, "renamed"))).toMatchObject({ status: 0 });
    for (const place of [join(directory, "out", "copy"), join(directory, "renamed")]) {
      expect(readdirSync(place)).toEqual(["inner", "link"]);
      const file = join(place, "inner", "file");
      expect([readFileSync(file).length, statSync(file).mode & 0o777]).toEqual([800_000, 0o640]);
    }
    expect(await call("cp", "session:/nothing", directory)).toMatchObject({ status: 1, stdout: "" });
    await call("exec", "session", "rm", "-r", "/tmp/copy");
  });

  test("logs -f and events end when they are told to", async () => {
    await call("run", "--name", "short", "busybox", "sh", "-c", "echo one; sleep 1; echo two >&2");
    expect(await call("logs", "-f", "short")).toEqual({ status: 0, stdout: "one\n", stderr: "two\n" });
    const events = await call(
      "events",
      "--since",
      "1m",
      "--until",
      "0s",
      "-f",
      "container=short",
      "--format",
      "{{.Action}}",
    );
    expect(events.stdout).toBe("create\nattach\nstart\ndie\n");
    await call("rm", "short");
  });
});
