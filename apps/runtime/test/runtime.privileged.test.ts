import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { createEngine } from "../src/index.ts";

let directory: string;
let options: { root: string; execRoot: string };
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runtime-"));
  options = { root: join(directory, "data"), execRoot: join(directory, "run") };
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function text(output: AsyncIterable<{ data: Uint8Array }>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const { data } of output) chunks.push(data);
  return Buffer.concat(chunks).toString();
}

it("runs a container from an image that it makes, and is gone afterwards", async () => {
  await using engine = await createEngine(options);
  await engine.images.pull("busybox");
  const { id } = await engine.containers.create({
    config: { image: "busybox", command: ["sh", "-c", "echo hi; exit 3"] },
  });
  const attachment = await engine.containers.attach(id);
  await engine.containers.start(id);
  expect(await text(attachment.output)).toBe("hi\n");
  await attachment.close();
  expect(await engine.containers.wait(id)).toMatchObject({ exitCode: 3 });
  await engine.containers.remove(id);
  expect(await engine.containers.list({ all: true })).toEqual([]);
});

it("makes its directories with modes that keep others out", async () => {
  await using engine = await createEngine(options);
  expect((await stat(engine.paths.dataRoot)).mode & 0o7777).toBe(0o711);
  expect((await stat(engine.paths.execRoot)).mode & 0o7777).toBe(0o700);
});

it("is the only one on its root, and says who holds it", async () => {
  const holder = await createEngine(options);
  try {
    await expect(createEngine(options)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`process ${process.pid}`),
    });
  } finally {
    await holder.close();
  }
  await using next = await createEngine(options);
  expect(await next.containers.list({ all: true })).toEqual([]);
});

it("lists every plugin, and can be closed twice", async () => {
  const engine = await createEngine(options);
  expect(engine.plugins().find(({ name }) => name === "@gantry/vfs-driver")).toMatchObject({ status: "not-chosen" });
  await engine.close();
  await engine.close();
});

it("names the directory that cannot be made", async () => {
  const file = process.execPath;
  await expect(createEngine({ ...options, root: join(file, "x") })).rejects.toMatchObject({ code: "unavailable" });
});

it("refuses to start without root's rights, with the remedy", async () => {
  const geteuid = vi.spyOn(process, "geteuid").mockReturnValue(1000);
  try {
    await expect(createEngine(options)).rejects.toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("sudo"),
    });
  } finally {
    geteuid.mockRestore();
  }
  expect(await readdir(directory)).toEqual([]);
});
