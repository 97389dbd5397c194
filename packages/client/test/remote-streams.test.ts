import { describe, expect, it, vi } from "vitest";

import { all, chunks, done, frame, hijacked, json, scriptedServer } from "./scripted-server.ts";

const time = "2024-05-01T12:00:00.000000001Z";

describe("streams", () => {
  const entries = async (output: AsyncIterable<{ stream: string; data: Uint8Array }>) =>
    (await all(output)).map(({ stream, data }) => [stream, new TextDecoder().decode(data)]);
  const both = [
    ["stdout", "out"],
    ["stderr", "err"],
  ];

  it("are logged, both in order, with times where they are wanted", async () => {
    const framed = (stamp: string) => chunks(frame(1, `${stamp}out`), frame(2, `${stamp}err`));
    const headers = { "content-type": "application/vnd.docker.multiplexed-stream" };
    await using server = await scriptedServer({
      "GET /containers/x/logs": ({ query }) => ({
        status: 200,
        headers,
        body: framed("timestamps" in query ? `${time} ` : ""),
      }),
    });
    const { containers } = server.engine;
    expect(await entries(containers.logs("x", { untimed: true }))).toEqual(both);
    const timed = await all(containers.logs("x", { follow: true, tail: 5, since: 1n, stderr: false }));
    expect(timed.map((entry) => entry.time % 1000n)).toEqual([1n, 1n]);
    expect(server.requests.map(({ query }) => query)).toEqual([
      { stdout: "1", stderr: "1", tail: "all" },
      { stdout: "1", follow: "1", timestamps: "1", tail: "5", since: "0.000000001" },
    ]);
  });

  it("of old servers are told apart by an inspection", async () => {
    const answers = {
      "GET /containers/x/json": json({ Id: "x", Config: { Tty: true } }),
      "GET /containers/x/logs": { status: 200, headers: {}, body: chunks("plain") },
      "POST /containers/x/attach": hijacked((stream) => void stream.end("plain"), "raw-stream"),
      "GET /containers/y/json": json({ Id: "y", Config: { Tty: false } }),
      "POST /containers/y/attach": hijacked((stream) => void stream.end(frame(2, "err")), "raw-stream"),
    };
    await using server = await scriptedServer(answers, { version: 41 });
    const { containers } = server.engine;
    expect(await entries(containers.logs("x", { untimed: true }))).toEqual([["stdout", "plain"]]);
    expect(await entries((await containers.attach("x")).output)).toEqual([["stdout", "plain"]]);
    expect(await entries((await containers.attach("y")).output)).toEqual([["stderr", "err"]]);
  });

  it("are attached to, each end by itself", async () => {
    let received = "";
    await using server = await scriptedServer({
      "POST /containers/x/attach": hijacked((stream) => {
        stream.on("data", (chunk: Buffer) => (received += chunk.toString()));
        stream.on("end", () => {
          stream.write(Buffer.concat([frame(1, "out"), frame(2, "err")]));
          stream.end();
        });
      }),
    });
    const attachment = await server.engine.containers.attach("x", { replay: true, detachKeys: "ctrl-x" });
    expect(attachment.terminal).toBe(false);
    await attachment.writeStdin(Buffer.from("hello "));
    await attachment.writeStdin(Buffer.from("there"));
    await attachment.closeStdin();
    expect(await entries(attachment.output)).toEqual(both);
    expect(received).toBe("hello there");
    await attachment.writeStdin(Buffer.from("too late"));
    await attachment.close();
    expect(server.requests[0]!.query).toEqual({
      stream: "1",
      stdin: "1",
      stdout: "1",
      stderr: "1",
      logs: "1",
      detachKeys: "ctrl-x",
    });
  });

  it("of a terminal come as they are", async () => {
    await using server = await scriptedServer({
      "POST /containers/x/attach": hijacked((stream) => void stream.end("\u0001\u0000 raw"), "raw-stream"),
    });
    const attachment = await server.engine.containers.attach("x", { stdin: false });
    expect(attachment.terminal).toBe(true);
    expect(await entries(attachment.output)).toEqual([["stdout", "\u0001\u0000 raw"]]);
    expect(server.requests[0]!.query).not.toHaveProperty("stdin");
  });

  it("end at once when they are closed, or the call is aborted", async () => {
    let gone = 0;
    await using server = await scriptedServer({
      "POST /containers/x/attach": hijacked((stream) => {
        stream.on("close", () => gone++);
        stream.resume();
      }),
    });
    const closed = await server.engine.containers.attach("x");
    const controller = new AbortController();
    const aborted = await server.engine.containers.attach("x", {}, { signal: controller.signal });
    const reads = [all(closed.output), all(aborted.output)] as const;
    await closed.close();
    controller.abort(new Error("enough"));
    expect(await reads[0]).toEqual([]);
    await expect(reads[1]).rejects.toThrow("enough");
    await vi.waitFor(() => expect(gone).toBe(2));
  });

  it("that are no streams are an error", async () => {
    await using server = await scriptedServer({ "POST /containers/x/attach": json({}) });
    await expect(server.engine.containers.attach("x")).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("execs", () => {
  const answers = (tty: boolean) => ({
    "POST /containers/x/exec": json({ Id: "e1" }, 201),
    "GET /exec/e1/json": json({
      ID: "e1",
      ContainerID: "c1",
      Running: false,
      ExitCode: 3,
      Pid: 0,
      ProcessConfig: { entrypoint: "sh", arguments: ["-c", "x"], tty },
    }),
    "POST /exec/e1/resize": done,
  });

  it("run with streams of their own", async () => {
    await using server = await scriptedServer({
      ...answers(false),
      "POST /exec/e1/start": hijacked((stream) => void stream.end(frame(1, "out"))),
    });
    const { execs } = server.engine;
    const asked = { command: ["sh", "-c", "x"], env: ["A=b"], user: "me", openStdin: true, attachStdout: true };
    expect(await execs.create("x", { ...asked, consoleSize: { rows: 1, columns: 2 } })).toEqual({ id: "e1" });
    expect(JSON.parse(server.bodies[0]!)).toEqual({
      Cmd: ["sh", "-c", "x"],
      Env: ["A=b"],
      User: "me",
      AttachStdin: true,
      AttachStdout: true,
      ConsoleSize: [1, 2],
    });
    const attachment = await execs.start("e1");
    expect((await all(attachment.output)).map(({ stream }) => stream)).toEqual(["stdout"]);
    expect(JSON.parse(server.bodies[2]!)).toEqual({ Detach: false, Tty: false });
    await execs.resize("e1", { rows: 24, columns: 80 });
    expect(await execs.inspect("e1")).toMatchObject({
      id: "e1",
      containerId: "c1",
      command: ["sh", "-c", "x"],
      running: false,
      exitCode: 3,
      terminal: false,
    });
  });

  it("run without", async () => {
    await using server = await scriptedServer({
      ...answers(true),
      "POST /exec/e1/start": { status: 200, headers: {} },
    });
    const attachment = await server.engine.execs.start("e1", { detach: true, consoleSize: { rows: 24, columns: 80 } });
    expect(await all(attachment.output)).toEqual([]);
    expect(JSON.parse(server.bodies[1]!)).toEqual({ Detach: true, Tty: true, ConsoleSize: [24, 80] });
  });
});
