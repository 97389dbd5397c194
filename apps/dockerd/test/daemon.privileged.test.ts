import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { silentLogger } from "@gantry/core";
import { createEngine } from "@gantry/runtime";
import { afterEach, beforeEach, expect, it } from "vitest";

import { Daemon } from "../src/daemon.ts";
import type { DaemonOptions } from "../src/daemon-options.ts";

let directory: string;
let options: DaemonOptions;
let daemon: Daemon | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dockerd-"));
  options = {
    dataRoot: join(directory, "data"),
    execRoot: join(directory, "run"),
    pidfile: join(directory, "pid"),
    logLevel: "error",
    hosts: [],
    help: false,
    version: false,
  };
});
afterEach(async () => {
  await daemon?.stop(AbortSignal.abort());
  daemon = undefined;
  await rm(directory, { recursive: true, force: true });
});

function get(socketPath: string, path: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode, text }));
    });
    call.on("error", reject).end();
  });
}

it("answers on its default socket, holds the root, and leaves neither socket nor pidfile behind", async () => {
  daemon = await Daemon.start(options, silentLogger);
  const socket = join(options.execRoot!, "docker.sock");
  expect(await get(socket, "/_ping")).toEqual({ status: 200, text: "OK" });
  expect(JSON.parse((await get(socket, "/info")).text)).toMatchObject({ Containers: 0, Driver: expect.any(String) });
  expect((await get(socket, "/nothing")).status).toBe(404);
  expect(await readFile(options.pidfile!, "utf8")).toBe(String(process.pid));
  const { dataRoot: root, execRoot } = options;
  await expect(createEngine({ root, execRoot })).rejects.toMatchObject({ code: "conflict" });

  await daemon.stop(AbortSignal.abort());
  daemon = undefined;
  expect([existsSync(socket), existsSync(options.pidfile!)]).toEqual([false, false]);
  await (await createEngine({ root, execRoot })).close();
});

it("starts nothing for an address that no transport knows, and lets the root go", async () => {
  await expect(Daemon.start({ ...options, hosts: ["ftp://x"] }, silentLogger)).rejects.toMatchObject({
    code: "invalid-argument",
    message: expect.stringContaining("unix://"),
  });
  await expect(Daemon.start({ ...options, hosts: ["nonsense"] }, silentLogger)).rejects.toMatchObject({
    code: "invalid-argument",
  });
  daemon = await Daemon.start(options, silentLogger);
});

it("refuses the pidfile of a process that runs, and takes over that of one that does not", async () => {
  await writeFile(options.pidfile!, "1");
  await expect(Daemon.start(options, silentLogger)).rejects.toMatchObject({ code: "conflict" });
  expect(await readFile(options.pidfile!, "utf8")).toBe("1");
  await writeFile(options.pidfile!, "999999999");
  daemon = await Daemon.start(options, silentLogger);
  expect(await readFile(options.pidfile!, "utf8")).toBe(String(process.pid));
});
