import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { Step } from "../src/step.ts";
import { Bench, collect, outputHolds, program, shell } from "./bench.ts";

let bench: Bench;

beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(async () => {
  await bench.close();
});

/** A devpts of the process's own on /dev/pts, and a /dev/console that the host does not see. */
const terminal = (rows = 24, columns = 80): Step[] => [
  { do: "remount", target: "/", flags: 1 << 18, recursive: true },
  {
    do: "mount",
    source: "devpts",
    target: "/dev/pts",
    type: "devpts",
    flags: 0,
    data: "newinstance,ptmxmode=0666,mode=620",
  },
  { do: "bind", source: "/dev/pts/ptmx", target: "/dev/ptmx" },
  { do: "terminal", rows, columns, uid: 0 },
];

describe("terminal", () => {
  it("is controlling terminal and stdio, and has its size from the start", async () => {
    const script =
      "stty size; tty; ls -l /dev/pts/0; test -t 0 && test -t 2 && echo all; echo ctty > /dev/tty; readlink /dev/console";
    const { stdout, stderr } = await bench.finish(program([...terminal(31, 97), shell(script)], { openStdin: true }));
    const text = stdout.toString();
    expect(stderr).toHaveLength(0);
    expect(text).toContain("31 97\r\n");
    expect(text).toContain("/dev/pts/0\r\n");
    expect(text).toContain("crw--w----");
    expect(text).toContain("all\r\nctty\r\n");
  });

  it("is bound on /dev/console", async () => {
    const { stdout } = await bench.finish(program([...terminal(), shell("echo through > /dev/console")]));
    expect(stdout.toString()).toBe("through\r\n");
  });

  it("can be resized, which the program is told", async () => {
    const script = `trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done`;
    const monitor = await bench.launch(program([...terminal(), shell(script)], { openStdin: true }));
    await outputHolds(monitor, "ready");
    await monitor.resize({ rows: 50, columns: 133 });
    expect(await monitor.wait()).toMatchObject({ code: 0 });
    expect((await collect(monitor)).stdout.toString()).toContain("50 133");
  });

  it("takes keys: an interrupt reaches the foreground", async () => {
    const script = "trap 'echo interrupted; exit 3' INT; echo ready; while :; do sleep 0.05; done";
    const monitor = await bench.launch(program([...terminal(), shell(script)], { openStdin: true }));
    await outputHolds(monitor, "ready");
    await monitor.writeStdin(Buffer.from("\u0003"));
    expect(await monitor.wait()).toMatchObject({ code: 3 });
    expect((await collect(monitor)).stdout.toString()).toContain("^Cinterrupted");
  });

  it("keeps all that was written before the exit", async () => {
    const { stdout } = await bench.finish(program([...terminal(), shell("seq 20000")]));
    expect(stdout.toString().split("\r\n")).toHaveLength(20_001);
  });

  it("outlives a program that closes all of its ends and opens /dev/tty again", async () => {
    const script = "exec < /dev/null > /dev/null 2>&1; sleep 0.2; echo back > /dev/tty";
    const { stdout } = await bench.finish(program([...terminal(), shell(script)]));
    expect(stdout.toString()).toBe("back\r\n");
  });

  it("is refused to a process without a terminal", async () => {
    const monitor = await bench.launch(program([shell("sleep 1000")]));
    await expect(monitor.resize({ rows: 1, columns: 1 })).rejects.toMatchObject({ details: { errno: "ENOTTY" } });
  });
});
