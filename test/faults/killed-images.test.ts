import { join } from "node:path";

import { ImageStore, StorageDriver } from "@gantry/core";
import { createEngine } from "@gantry/runtime";
import type { RuntimeEngine } from "@gantry/runtime";
import { describe, expect, test } from "vitest";

import { temporaryRoots } from "../harness/docker.ts";
import { eventually } from "../harness/eventually.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { obstacle, titled } from "../harness/requirements.ts";
import { Worker } from "../harness/worker.ts";

const reason = obstacle();
const rounds = 12;
const script = join(import.meta.dirname, "workers/change-images.ts");

/** Blobs and snapshots that belong to no image and to no container. */
async function strays(engine: RuntimeEngine): Promise<readonly string[]> {
  const known = new Set((await engine.containers.list({ all: true })).map(({ id }) => id));
  for (const { id } of await engine.images.list()) {
    const { record } = await engine.images.inspect(id);
    for (const key of [id, ...record.manifestDigests]) known.add(key);
    for (const { digest, chainId } of record.layers) known.add(digest).add(chainId).add(`init-${chainId}`);
  }
  const found: string[] = [];
  for await (const { digest } of engine.kernel.get(ImageStore).list()) found.push(digest);
  for await (const { key } of engine.kernel.get(StorageDriver).list()) found.push(key);
  return found.filter((key) => !known.has(key));
}

describe.skipIf(reason !== undefined)(titled("kill -9 of an engine that makes images and copies files", reason), () => {
  test("leaves no mount, blob or snapshot, and no container frozen", { timeout: 300_000 }, async () => {
    using roots = temporaryRoots();
    const options = { root: roots.dataRoot, execRoot: roots.execRoot };
    const before = machineState(roots);
    {
      await using engine = await createEngine(options);
      await engine.images.pull("busybox");
      const hostConfig = { networkMode: "none", binds: ["data:/data"] } as const;
      const config = { image: "busybox", command: ["sh", "-c", "while :; do date >> /now; usleep 1000; done"] };
      await engine.containers.create({ name: "runs", config, hostConfig });
      await engine.containers.create({ name: "stands", config, hostConfig });
      await engine.containers.start("runs");
    }
    for (let round = 0; round < rounds; round += 1) {
      {
        await using worker = new Worker(script, [roots.dataRoot, roots.execRoot]);
        await eventually(() => worker.lines.includes("ready") || !worker.running, Boolean, 60_000);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 1500));
        expect(worker.errors).toBe("");
      }
      await using engine = await createEngine(options);
      expect(await strays(engine)).toEqual([]);
      const { state, pending } = await engine.containers.inspect("runs");
      expect([state.status, pending]).toEqual(["running", undefined]);
      const { id } = await engine.containers.commit("runs");
      expect((await engine.images.inspect(id)).record.layers).toHaveLength(2);
    }
    {
      await using engine = await createEngine(options);
      for (const name of ["runs", "stands"]) await engine.containers.remove(name, { force: true });
      await engine.volumes.remove("data");
    }
    expect(await leftBehind(roots, before)).toEqual([]);
  });
});
