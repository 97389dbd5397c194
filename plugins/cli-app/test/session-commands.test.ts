import { EngineError } from "@gantry/core";
import { describe, expect, it, vi } from "vitest";

import { containerId, noSuchContainer } from "./support/fake-engine.ts";
import { runCli, startCli } from "./support/run-cli.ts";

describe("exec", () => {
  it("joins the streams and gives the exit code", async () => {
    const script = { output: [["stdout", "out"] as const, ["stderr", "err"] as const], exitCode: 3, hold: true };
    const call = startCli(
      ["exec", "-i", "-e", "A=b", "-u", "me", "-w", "/w", "--privileged", "c", "sh", "-c", "x"],
      script,
      { input: ["one"] },
    );
    await vi.waitFor(() => expect(call.engine.input).toEqual(["one", "EOF"]));
    call.engine.finish();
    expect(await call.done).toMatchObject({ status: 3, stdout: "out", stderr: "err" });
    expect(call.engine.called("exec.create")).toEqual([
      [
        "exec.create",
        "c",
        {
          command: ["sh", "-c", "x"],
          env: ["A=b"],
          terminal: false,
          openStdin: true,
          attachStdout: true,
          attachStderr: true,
          privileged: true,
          user: "me",
          workingDirectory: "/w",
          detachKeys: "ctrl-p,ctrl-q",
        },
      ],
    ]);
  });

  it("makes a terminal as large as the caller's, and keeps it so", async () => {
    const call = startCli(
      ["exec", "-it", "c", "sh"],
      { terminal: true, hold: true },
      {
        terminal: { stdin: true, stdout: true },
        hold: true,
      },
    );
    await vi.waitFor(() => expect(call.host.raw).toEqual([true]));
    call.host.resize(50, 100);
    await vi.waitFor(() =>
      expect(call.engine.called("exec.resize")).toEqual([
        ["exec.resize", "e1", { rows: 24, columns: 80 }],
        ["exec.resize", "e1", { rows: 50, columns: 100 }],
      ]),
    );
    call.engine.finish();
    expect((await call.done).status).toBe(0);
    expect(call.host.raw).toEqual([true, false]);
    expect(call.engine.called("exec.create")[0]![2]).toMatchObject({ consoleSize: { rows: 24, columns: 80 } });
  });

  it("leaves at once with -d", async () => {
    const run = await runCli(["exec", "-d", "c", "x"], { hold: true });
    expect(run.status).toBe(0);
    expect(run.engine.called("exec.start")).toEqual([["exec.start", "e1", { detach: true }]]);
  });

  it("leaves by the keys that were chosen", async () => {
    const call = startCli(
      ["exec", "-it", "--detach-keys", "ctrl-a,x", "c", "sh"],
      { terminal: true, hold: true },
      {
        terminal: { stdin: true, stdout: true },
        input: ["\u0010\u0011\u0001y\u0001x never"],
        hold: true,
      },
    );
    expect((await call.done).status).toBe(0);
    expect(call.engine.input).toEqual(["\u0010\u0011\u0001y"]);
  });

  it.each([
    ["executable-not-found", 127],
    ["executable-not-permitted", 126],
  ])("gives the status of a program that is %s", async (reason, status) => {
    const error = new EngineError("invalid-argument", "exec: x", { details: { reason } });
    expect(await runCli(["exec", "c", "x"], { errors: { "exec.start": error } })).toMatchObject({
      status,
      stderr: "docker: exec: x\n",
    });
  });

  it("fails for a container that is not there, an input that is no terminal, and wrong keys", async () => {
    expect(await runCli(["exec", "c", "x"], { errors: { "exec.create": noSuchContainer("c") } })).toMatchObject({
      status: 1,
      stderr: "docker: No such container: c\n",
    });
    expect(await runCli(["exec", "-it", "c", "x"])).toMatchObject({ status: 1, connections: 0 });
    expect(await runCli(["exec", "--detach-keys", "ctrl-", "c", "x"])).toMatchObject({ status: 1, connections: 0 });
  });
});

describe("attach", () => {
  const running = { status: "running" as const, hold: true };

  it("joins a running container and gives its exit code", async () => {
    const call = startCli(
      ["attach", "web"],
      { ...running, output: [["stdout", "out"]], exitCode: 5 },
      { input: ["x"] },
    );
    await vi.waitFor(() => expect(call.engine.input).toEqual(["x", "EOF"]));
    call.host.signal("SIGTERM");
    call.engine.finish();
    expect(await call.done).toMatchObject({ status: 5, stdout: "out" });
    expect(call.engine.called("kill")).toEqual([["kill", containerId, "SIGTERM"]]);
    expect(call.engine.called("attach")).toEqual([
      ["attach", containerId, { stdin: true, detachKeys: "ctrl-p,ctrl-q" }],
    ]);
  });

  it("only looks on with --no-stdin and --sig-proxy=false", async () => {
    const call = startCli(["attach", "--no-stdin", "--sig-proxy=false", "web"], running, { input: ["x"] });
    await vi.waitFor(() => expect(call.engine.called("attach")).toHaveLength(1));
    call.host.signal("SIGTERM");
    call.engine.finish();
    expect((await call.done).status).toBe(0);
    expect([call.engine.input, call.engine.called("kill")]).toEqual([[], []]);
    expect(call.engine.called("attach")[0]![2]).toMatchObject({ stdin: false });
  });

  it.each([
    ["exited", "stopped"],
    ["paused", "unpause it first"],
    ["restarting", "wait until it is running"],
  ] as const)("refuses a container that is %s", async (status, words) => {
    const run = await runCli(["attach", "web"], { status });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain(words);
  });
});
