import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { nodeHost } from "../src/node-host.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "host-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it("makes new files only", async () => {
  const path = join(directory, "cid");
  await nodeHost.writeNewFile(path, "one");
  await expect(nodeHost.writeNewFile(path, "two")).rejects.toMatchObject({ code: "conflict" });
  expect(await readFile(path, "utf8")).toBe("one");
  expect(Buffer.from(await nodeHost.readFile(path)).toString()).toBe("one");
  await expect(nodeHost.writeNewFile(join(directory, "no/cid"), "x")).rejects.toMatchObject({ code: "ENOENT" });
});

it("calls back for signals until it is released", async () => {
  const names: string[] = [];
  const release = nodeHost.onSignal(["SIGUSR2"], (name) => names.push(name));
  process.kill(process.pid, "SIGUSR2");
  await expect.poll(() => names).toEqual(["SIGUSR2"]);
  release();
  expect(process.listenerCount("SIGUSR2")).toBe(0);
});
