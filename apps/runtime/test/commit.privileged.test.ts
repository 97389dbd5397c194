import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { archiveEntry, tarStream } from "@gantry/archive";
import type { ArchiveEntry } from "@gantry/archive";
import { StateStore, StorageDriver } from "@gantry/core";
import type { ContainerRecord } from "@gantry/engine";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { createEngine } from "../src/index.ts";
import type { RuntimeEngine } from "../src/index.ts";

let directory: string;
let engine: RuntimeEngine;
const options = () => ({ root: join(directory, "data"), execRoot: join(directory, "run") });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "commit-"));
  engine = await createEngine(options());
  await engine.images.pull("busybox");
});
afterEach(async () => {
  for (const { id } of await engine.containers.list({ all: true })) {
    await engine.containers.remove(id, { force: true, volumes: true });
  }
  await engine.images.prune({ dangling: ["false"] });
  await engine.images.pull("busybox");
});
afterAll(async () => {
  await engine?.close();
  await rm(directory, { recursive: true, force: true });
});

async function start(script: string, image = "busybox"): Promise<string> {
  const { id } = await engine.containers.create({ config: { image, command: ["sh", "-c", script] } });
  await engine.containers.start(id);
  return id;
}

async function output(script: string, image: string): Promise<string> {
  const id = await start(script, image);
  expect(await engine.containers.wait(id)).toEqual({ exitCode: 0 });
  const chunks = await Array.fromAsync(engine.containers.logs(id));
  return Buffer.concat(chunks.map(({ data }) => data)).toString();
}

async function ready(id: string): Promise<void> {
  for await (const { data } of engine.containers.logs(id, { follow: true })) {
    if (Buffer.from(data).includes("ready")) return;
  }
}

describe("a commit", () => {
  it("succeeds whatever moment of the container's end it meets", async () => {
    for (let round = 0; round < 40; round += 1) {
      const id = await start(`echo ${round} > /round; usleep ${round * 500}`);
      await expect(engine.containers.commit(id), `round ${round}`).resolves.toMatchObject({ id: expect.any(String) });
    }
  });

  it("makes an image that runs, shows adds and deletes, and knows its parent", async () => {
    const base = (await engine.images.inspect("busybox")).record;
    const id = await start("echo new > /etc/new; rm /etc/group; chmod 700 /var; echo ready; sleep 100");
    await ready(id);
    const before = Date.now();
    const committed = await engine.containers.commit(id, {
      reference: "mine:1",
      author: "A U Thor",
      message: "what I did",
      changes: ['CMD ["cat", "/etc/new"]', "ENV A=1 B=$A", "LABEL x=y"],
    });
    expect((await engine.containers.inspect(id)).state.status).toBe("running");
    const { configuration, parent, record, tags } = await engine.images.inspect("mine:1");
    expect(record.id).toBe(committed.id);
    expect(tags).toEqual(["mine:1"]);
    expect(parent).toBe(base.id);
    expect(record.layers).toHaveLength(base.layers.length + 1);
    expect(configuration).toMatchObject({
      author: "A U Thor",
      config: { command: ["cat", "/etc/new"], env: expect.arrayContaining(["A=1", "B="]), labels: { x: "y" } },
    });
    expect(Date.parse(configuration.created!)).toBeGreaterThanOrEqual(before - 1);
    const [newest, older] = await engine.images.history("mine:1");
    expect(newest).toMatchObject({ id: committed.id, comment: "what I did", tags: ["mine:1"] });
    expect(older).toMatchObject({ id: base.id, tags: ["busybox:latest"] });
    const { id: child } = await engine.containers.create({ config: { image: "mine:1" } });
    await engine.containers.start(child);
    await engine.containers.wait(child);
    expect(
      Buffer.concat((await Array.fromAsync(engine.containers.logs(child))).map(({ data }) => data)).toString(),
    ).toBe("new\n");
    expect(await output("ls -ld /var | cut -c1-10; ls /etc/group 2>/dev/null || echo gone", "mine:1")).toBe(
      "drwx------\ngone\n",
    );
    expect(await output("ls /etc/group", "busybox")).toBe("/etc/group\n");
  });

  it("of what did not change adds no layer", async () => {
    const { id } = await engine.containers.create({ config: { image: "busybox", command: ["true"] } });
    const base = (await engine.images.inspect("busybox")).record;
    const { id: image } = await engine.containers.commit(id, { changes: ["USER nobody"] });
    const { record, configuration } = await engine.images.inspect(image);
    expect(record.layers).toEqual(base.layers);
    expect(configuration.history.at(-1)).toMatchObject({ emptyLayer: true });
    expect(configuration.config.user).toBe("nobody");
  });

  it("holds the container still for the moment of the snapshot", async () => {
    // The second file never has more lines than the first, and at most one less.
    const id = await start(
      "mkdir /w; i=0; while :; do i=$((i+1)); echo $i >> /w/a; echo $i >> /w/b; [ $i = 200 ] && echo ready; done",
    );
    await ready(id);
    for (let round = 0; round < 3; round += 1) {
      const { id: image } = await engine.containers.commit(id);
      const [a, b] = (await output("cat /w/a | wc -l; cat /w/b | wc -l", image)).split("\n").map(Number);
      expect(a! - b!).toBeGreaterThanOrEqual(0);
      expect(a! - b!).toBeLessThanOrEqual(1);
    }
    expect((await engine.containers.inspect(id)).state.status).toBe("running");
    expect((await engine.containers.inspect(id)).pending).toBeUndefined();
  });

  it("that is refused leaves nothing", async () => {
    const { id } = await engine.containers.create({ config: { image: "busybox", command: ["true"] } });
    const before = (await engine.images.list()).length;
    await expect(engine.containers.commit(id, { changes: ["RUN x"] })).rejects.toThrow(
      "run is not a valid change command",
    );
    await expect(engine.containers.commit(id, { reference: "A B" })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await expect(engine.containers.commit(id, { signal: AbortSignal.abort() })).rejects.toThrow("abort");
    expect(await engine.images.list()).toHaveLength(before);
    const snapshots = await Array.fromAsync(engine.kernel.get(StorageDriver).list());
    expect(snapshots.filter(({ kind }) => kind === "view")).toEqual([]);
  });
});

describe("an engine that is killed in a commit", () => {
  it("lets the container go on, and leaves nothing behind", async () => {
    const id = await start("echo x > /x; echo ready; sleep 100");
    await ready(id);
    const run = await engine.containers.inspect(id);
    // What such an engine leaves: a frozen container whose record says why, a view, an unfinished layer.
    const storage = engine.kernel.get(StorageDriver);
    const { parent } = await storage.stat(id);
    await storage.view("view-left", parent!);
    await storage.prepare("unpack-left", parent);
    await engine.containers.pause(id);
    const state = engine.kernel.get(StateStore);
    const record = await state.get<ContainerRecord>("containers", id);
    await state.put("containers", id, { ...record, pending: "commit", state: run.state });
    await engine.close();
    engine = await createEngine(options());
    expect((await engine.containers.inspect(id)).state.status).toBe("running");
    await engine.containers.kill(id);
    const keys = (await Array.fromAsync(engine.kernel.get(StorageDriver).list())).map(({ key }) => key);
    expect(keys.filter((key) => key.includes("left"))).toEqual([]);
  });
});

describe("an image of 20,000 files", () => {
  it("is compared in time proportional to what a container has changed", { timeout: 180_000 }, async () => {
    function* many(): Generator<ArchiveEntry> {
      for (let outer = 0; outer < 200; outer += 1) {
        yield archiveEntry({ path: `many/${outer}`, type: "directory" });
        for (let inner = 0; inner < 100; inner += 1)
          yield archiveEntry({ path: `many/${outer}/${inner}`, content: "x" });
      }
    }
    const { id: image } = await engine.images.importLayer(tarStream(many()), {
      name: "many",
      config: { command: ["none"] },
    });
    const { id } = await engine.containers.create({ config: { image } });
    await engine.containers.writePath(
      id,
      "/many/7",
      tarStream([archiveEntry({ path: "8", content: "changed" }), archiveEntry({ path: "new" })]),
    );
    const times: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const began = performance.now();
      const changes = await Array.fromAsync(engine.containers.changes(id));
      times.push(performance.now() - began);
      expect(changes.map(({ path }) => path)).toEqual(["/many/7", "/many/7/8", "/many/7/new"]);
    }
    expect(Math.min(...times)).toBeLessThan(50);
  });
});

describe("disk usage", () => {
  it("agrees with du", async () => {
    const id = await start(
      "dd if=/dev/zero of=/big bs=1M count=5; dd if=/dev/zero of=/v/big bs=1M count=3; echo ready; sleep 100",
    );
    await engine.containers.remove(id, { force: true });
    const { id: used } = await engine.containers.create({
      config: {
        image: "busybox",
        command: ["sh", "-c", "dd if=/dev/zero of=/big bs=1M count=5; dd if=/dev/zero of=/v/big bs=1M count=3"],
      },
      hostConfig: { binds: ["data:/v"] },
    });
    await engine.containers.start(used);
    await engine.containers.wait(used);
    const usage = await engine.diskUsage();
    const du = (...paths: readonly string[]): number =>
      Number(
        execFileSync("du", ["-scB1", ...paths])
          .toString()
          .trimEnd()
          .split("\n")
          .at(-1)!
          .split("\t")[0],
      );
    const near = (bytes: number, expected: number): void => {
      expect(Math.abs(bytes - expected)).toBeLessThanOrEqual(expected / 100);
    };
    const volume = await engine.volumes.inspect("data");
    near(usage.volumes.find(({ name }) => name === "data")!.bytes, du(volume.mountpoint));
    const snapshots = join(directory, "data/overlay/s");
    const roots = (await readdir(snapshots)).map((name) => join(snapshots, name, "fs"));
    const container = usage.containers.find(({ id: own }) => own === used)!;
    near(usage.layerBytes + container.writableBytes, du(...roots));
    expect(container.writableBytes).toBeGreaterThan(5e6);
    await engine.containers.remove(used);
    await engine.volumes.remove("data");
  });
});
