import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";

import { createEngine } from "@gantry/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Daemon } from "../src/daemon.ts";
import type { DaemonOptions } from "../src/daemon-options.ts";
import { daemonContext, optionsIn } from "./running-daemon.ts";

let directory: string;
let options: DaemonOptions;
let daemon: Daemon | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dockerd-"));
  options = await optionsIn(directory, "--pidfile", join(directory, "pid"));
});
afterEach(async () => {
  await daemon?.stop(AbortSignal.abort());
  daemon = undefined;
  await rm(directory, { recursive: true, force: true });
});

interface Answer {
  status: number | undefined;
  text: string;
}

function ask(socketPath: string, path: string, method = "GET", body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { "Content-Type": "application/json" };
    const call = request({ socketPath, path, method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode, text }));
    });
    call.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const socketOf = ({ execRoot }: DaemonOptions): string => join(execRoot!, "docker.sock");

it("answers on its default socket, holds the root, and leaves neither socket nor pidfile behind", async () => {
  daemon = await Daemon.start(options, daemonContext());
  const socket = socketOf(options);
  expect(await ask(socket, "/_ping")).toEqual({ status: 200, text: "OK" });
  const info = JSON.parse((await ask(socket, "/info")).text) as { ID: string };
  expect(info).toMatchObject({ Containers: 0, Driver: expect.any(String), MemoryLimit: true, NFd: expect.any(Number) });
  expect(await readFile(options.pidfile!, "utf8")).toBe(String(process.pid));
  const { dataRoot: root, execRoot } = options;
  await expect(createEngine({ root, execRoot })).rejects.toMatchObject({ code: "conflict" });

  await daemon.stop(AbortSignal.abort());
  daemon = undefined;
  expect([existsSync(socket), existsSync(options.pidfile!)]).toEqual([false, false]);
  await (await createEngine({ root, execRoot })).close();

  daemon = await Daemon.start({ ...options, storageDriver: "vfs" }, daemonContext());
  expect(JSON.parse((await ask(socket, "/info")).text)).toMatchObject({ ID: info.ID, Driver: "vfs" });
});

it("starts nothing for an address that no transport knows, and lets the root go", async () => {
  await expect(Daemon.start({ ...options, hosts: ["ftp://x"] }, daemonContext())).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringContaining("unix://"),
  });
  await expect(Daemon.start({ ...options, hosts: ["tcp://0.0.0.0:0"] }, daemonContext())).rejects.toMatchObject({
    code: "forbidden",
  });
  daemon = await Daemon.start(options, daemonContext());
});

it("refuses the pidfile of a process that runs, and takes over that of one that does not", async () => {
  await writeFile(options.pidfile!, "1");
  await expect(Daemon.start(options, daemonContext())).rejects.toMatchObject({ code: "conflict" });
  expect(await readFile(options.pidfile!, "utf8")).toBe("1");
  await writeFile(options.pidfile!, "999999999");
  daemon = await Daemon.start(options, daemonContext());
  expect(await readFile(options.pidfile!, "utf8")).toBe(String(process.pid));
});

it("has the plugins that its configuration names", async () => {
  const core = import.meta.resolve("@gantry/core");
  await writeFile(
    join(directory, "echo.mjs"),
    `import { Transport, definePlugin } from ${JSON.stringify(core)};
     const echo = { name: "echo", schemes: ["echo"], listen: async (address) => ({ address, close: async () => {} }) };
     export default definePlugin({ name: "echo", provides: [Transport], register: (r) => r.value(Transport, echo) });`,
  );
  const plugins = [{ name: "./echo.mjs", options: {} }];
  await expect(Daemon.start({ ...options, hosts: ["echo://here"] }, daemonContext())).rejects.toThrow("echo://here");
  daemon = await Daemon.start({ ...options, plugins, hosts: ["echo://here"] }, daemonContext());
});

it("says when nobody needs it any more", { timeout: 20_000 }, async () => {
  let idle = false;
  daemon = await Daemon.start({ ...options, idleTimeout: 0.2 }, daemonContext({ idle: () => (idle = true) }));
  await expect.poll(() => idle, { timeout: 10_000 }).toBe(true);
});

describe("a client that is not Docker's", () => {
  it("may attach without an upgrade, and sends its options as a body", { timeout: 60_000 }, async () => {
    daemon = await Daemon.start(options, daemonContext());
    const socket = socketOf(options);
    expect((await ask(socket, "/images/create?fromImage=busybox&tag=latest", "POST")).status).toBe(200);
    const config = {
      Image: "busybox",
      Cmd: ["cat"],
      OpenStdin: true,
      StdinOnce: true,
      HostConfig: { NetworkMode: "none" },
    };
    const { Id } = JSON.parse((await ask(socket, "/containers/create", "POST", config)).text) as { Id: string };

    const attached = connect({ path: socket, allowHalfOpen: true });
    let received = "";
    attached.on("data", (chunk: Buffer) => (received += chunk.toString("latin1")));
    const body = JSON.stringify({ stream: true, stdin: true, stdout: true });
    attached.write(
      `POST /v1.41/containers/${Id}/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: x\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await expect.poll(() => received).toContain("\r\n\r\n");
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Content-Type: application\/vnd\.docker\.raw-stream\r\n/);

    expect((await ask(socket, `/containers/${Id}/start`, "POST")).status).toBe(204);
    attached.end("typed");
    await once(attached, "end");
    expect(received.split("\r\n\r\n")[1]).toBe("\x01\0\0\0\0\0\0\x05typed");
    expect(JSON.parse((await ask(socket, `/containers/${Id}/wait`, "POST")).text)).toEqual({ StatusCode: 0 });
    expect((await ask(socket, `/containers/${Id}?force=1`, "DELETE")).status).toBe(204);
  });
});
