import { appendFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { plainDirectory } from "@gantry/core";
import type { LayerDiffer, Mount, StorageDriver } from "@gantry/core";
import { digestOf } from "@gantry/oci";
import { collect, collectBytes } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { container, EngineFixture, kept } from "./engine-fixture.ts";
import { FakeDiffer } from "./fake-image.ts";

/** Finds files that are new in the uppermost directory. */
class AddedFiles extends FakeDiffer implements LayerDiffer {
  /** Called while a layer is read. */
  reading: () => Promise<void> | void = () => {};

  override async *diff(lower?: readonly Mount[], upper?: readonly Mount[]): AsyncGenerator<Uint8Array> {
    await this.reading();
    const names = await added(lower, upper!);
    yield names.length === 0 ? Buffer.alloc(1024) : Buffer.from(names.join());
  }

  override async *changes(lower?: readonly Mount[], upper?: readonly Mount[]): AsyncGenerator<never> {
    for (const name of await added(lower, upper!)) yield { kind: "added", path: `/${name}` } as never;
  }
}

async function added(lower: readonly Mount[] | undefined, upper: readonly Mount[]): Promise<readonly string[]> {
  const before = lower === undefined ? [] : await readdir(plainDirectory(lower)!);
  return (await readdir(plainDirectory(upper)!)).filter((name) => !before.includes(name)).toSorted();
}

async function withFile(storage: StorageDriver, id: string, name: string): Promise<void> {
  await writeFile(path.join(plainDirectory(await storage.mounts(id))!, name), name);
}

async function viewsLeft(storage: StorageDriver): Promise<readonly string[]> {
  return (await collect(storage.list())).filter(({ kind }) => kind === "view").map(({ key }) => key);
}

describe("changes and export", () => {
  it("look at what the container started from, and leave nothing", async () => {
    await using fixture = await EngineFixture.open();
    const { storage } = fixture.components();
    const { containers } = await fixture.start({ differ: new AddedFiles() });
    const { id } = await containers.create(container("sleep"));
    expect(await collect(containers.changes(id))).toEqual([]);
    await withFile(storage, id, "new");
    expect(await collect(containers.changes(id))).toEqual([{ kind: "added", path: "/new" }]);
    for await (const _change of containers.changes(id)) break;
    expect((await collectBytes(containers.export(id))).toString()).toContain("new");
    expect(await viewsLeft(storage)).toEqual([]);
    await expect(collect(containers.changes("none"))).rejects.toThrow("No such container: none");
  });

  it("need a plugin that can look into a root for single paths", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create(container("sleep"));
    await expect(containers.statPath(id, "/x")).rejects.toMatchObject({
      code: "unsupported",
      details: { token: "FileTree" },
    });
  });
});

describe("a commit", () => {
  it("stores one layer on the image, under the names and rights of the container", async () => {
    await using fixture = await EngineFixture.open();
    const { storage } = fixture.components();
    const { containers, images, events } = await fixture.start({ differ: new AddedFiles() });
    const { id } = await containers.create({
      config: {
        image: "image",
        command: ["sleep", "9"],
        env: ["A=1"],
        user: "7",
        stopSignal: "INT",
        labels: { l: "1" },
      },
      hostConfig: { binds: ["/anonymous", "named:/n"] },
    });
    await withFile(storage, id, "new");
    const options = {
      reference: "mine",
      message: "m",
      author: "a",
      config: { workingDirectory: "/w" },
      changes: ["ENV B=2"],
    };
    const { id: image } = await containers.commit(id, options);
    const { record, configuration, parent } = await images.inspect("mine");
    expect(record.id).toBe(image);
    expect(parent).toBe((await images.inspect("image")).record.id);
    expect(configuration).toMatchObject({
      author: "a",
      config: {
        command: ["sleep", "9"],
        env: ["A=1", "B=2"],
        user: "7",
        stopSignal: "INT",
        workingDirectory: "/w",
        labels: { l: "1" },
        volumes: ["/anonymous"],
      },
      diffIds: [digestOf("layer"), digestOf("new")],
    });
    expect(configuration.history.at(-1)).toMatchObject({ createdBy: "sleep 9", comment: "m", author: "a" });
    expect((await storage.stat(record.layers[1]!.chainId)).kind).toBe("committed");
    expect(await viewsLeft(storage)).toEqual([]);
    const told = events.subscribe({ since: 0n, until: 1n << 62n, filters: { event: ["commit"] } });
    for await (const { attributes } of told) {
      expect(attributes).toMatchObject({ comment: "m", imageID: image, imageRef: "mine" });
      break;
    }
  });

  it("freezes what runs, says so in the record, and thaws it whatever happens", async () => {
    await using fixture = await EngineFixture.open();
    const differ = new AddedFiles();
    const { containers } = await fixture.start({ differ });
    const { id } = await containers.create(container("sleep"));
    await containers.start(id);
    const seen: unknown[] = [];
    differ.reading = async () =>
      void seen.push(fixture.machine.get(id).current, (await containers.inspect(id)).pending);
    await containers.commit(id);
    await containers.commit(id, { pause: false });
    expect(seen).toEqual(["paused", "commit", "running", undefined]);
    differ.reading = () => {
      throw new Error("cannot read");
    };
    await expect(containers.commit(id)).rejects.toThrow("cannot read");
    expect(fixture.machine.get(id).current).toBe("running");
    expect((await containers.inspect(id)).pending).toBeUndefined();
    differ.reading = () => {};
    await containers.pause(id);
    await containers.commit(id);
    expect(fixture.machine.get(id).current).toBe("paused");
  });

  it("that an engine died in does not leave the container frozen", async () => {
    await using fixture = await EngineFixture.open();
    const differ = new AddedFiles();
    const engine = await fixture.start({ differ });
    const { id } = await engine.containers.create(container("sleep"));
    await engine.containers.start(id);
    const reached = Promise.withResolvers<void>();
    differ.reading = () => {
      reached.resolve();
      return new Promise(() => {});
    };
    void engine.containers.commit(id);
    await reached.promise;
    fixture.abandon(engine);
    expect(fixture.machine.get(id).current).toBe("paused");
    const next = await fixture.start();
    expect(fixture.machine.get(id).current).toBe("running");
    const { state, pending } = await next.containers.inspect(id);
    expect([state.status, pending]).toEqual(["running", undefined]);
    expect(await viewsLeft(fixture.components().storage)).toEqual([]);
    await next.containers.remove(id, { force: true });
  });

  it("of an image that is gone is refused", async () => {
    await using fixture = await EngineFixture.open();
    const { containers, images } = await fixture.start({ differ: new AddedFiles() });
    const { id } = await containers.create(container("sleep"));
    const { imageId } = await containers.inspect(id);
    await images.remove(imageId, { force: true });
    await expect(containers.commit(id)).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("prune of containers", () => {
  it("removes what does not run, and tells what that took", async () => {
    await using fixture = await EngineFixture.open();
    const { storage } = fixture.components();
    const { containers } = await fixture.start();
    const labelled = await containers.create({ config: { image: "image", command: ["true"], labels: { keep: "" } } });
    const stopped = await containers.create(container("true"));
    const running = await containers.create(container("sleep"));
    await containers.start(running.id);
    await appendFile(path.join(plainDirectory(await storage.mounts(stopped.id))!, "big"), Buffer.alloc(100_000));
    const pruned = await containers.prune({ "label!": ["keep"] });
    expect(pruned.deleted).toEqual([stopped.id]);
    expect(pruned.reclaimedBytes).toBeGreaterThan(100_000);
    expect((await containers.prune({ until: ["1h"] })).deleted).toEqual([]);
    expect((await containers.prune()).deleted).toEqual([labelled.id]);
    await expect(containers.prune({ name: ["x"] })).rejects.toThrow("invalid filter 'name'");
    await containers.kill(running.id);
    await expect.poll(() => fixture.remains()).toEqual(kept(running.id));
  });
});

describe("disk usage", () => {
  it("counts a layer once, and what is removed meanwhile not at all", async () => {
    await using fixture = await EngineFixture.open();
    const { storage } = fixture.components();
    const engine = await fixture.start();
    const { id } = await engine.containers.create({ ...container("true"), hostConfig: { binds: ["v:/v"] } });
    await engine.images.tag("image", "again");
    const { imageId } = await engine.containers.inspect(id);
    const usage = await engine.diskUsage();
    const layer = (await storage.usage(digestOf("layer"))).bytes;
    expect(usage.layerBytes).toBe(layer);
    expect(usage.images).toMatchObject([{ id: imageId, size: layer, sharedBytes: 0, containers: 1 }]);
    const { bytes } = await storage.usage(id);
    expect(usage.containers).toEqual([{ id, writableBytes: bytes, rootBytes: bytes + layer }]);
    expect(usage.volumes).toMatchObject([{ name: "v", users: 1 }]);
  });
});
