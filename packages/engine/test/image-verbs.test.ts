import { digestOf } from "@gantry/oci";
import { collect, streamOf, temporaryDirectory } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import type { ContainerRecord } from "../src/index.ts";
import { fakeImage } from "./fake-image.ts";
import { nothingLeft, openImages } from "./image-fixture.ts";

describe("inspect and history", () => {
  it("tell what an image is made of", async () => {
    await using dir = await temporaryDirectory();
    const { images, source } = await openImages(dir.path);
    const image = fakeImage(["one", "three"], { labels: { a: "b" } });
    source.images.set("busybox", image);
    await images.pull("busybox");
    await images.tag("busybox", "mine/box:2");
    const details = await images.inspect("busybox");
    expect(details).toMatchObject({
      record: { id: image.id, layers: [{ size: 3 }, { size: 5 }] },
      configuration: { config: { labels: { a: "b" } }, diffIds: [digestOf("one"), digestOf("three")] },
      tags: ["busybox:latest", "mine/box:2"],
      digests: [`busybox@${image.manifest.digest}`],
      parent: "",
      size: 8,
    });
    await expect(images.inspect("none")).rejects.toThrow("No such image: none:latest");
  });

  it("give each step its size, and an id where it is an image here", async () => {
    await using dir = await temporaryDirectory();
    const { images } = await openImages(dir.path);
    const { id } = await images.importLayer(streamOf(Buffer.from("layer")), { name: "own", comment: "by hand" });
    expect(await images.history("own")).toMatchObject([
      { id, comment: "by hand", size: 5, tags: ["own:latest"], createdBy: "" },
    ]);
  });
});

describe("tags", () => {
  it("are taken from whatever had them", async () => {
    await using dir = await temporaryDirectory();
    const { images } = await openImages(dir.path);
    const first = await images.importLayer(streamOf(Buffer.from("1")), { name: "a" });
    const second = await images.importLayer(streamOf(Buffer.from("2")), { name: "b" });
    await images.tag("b", "a");
    expect((await images.inspect(second.id)).tags).toEqual(["a:latest", "b:latest"]);
    expect((await images.inspect(first.id)).tags).toEqual([]);
    await images.tag(first.id.slice(7, 19), "c:1");
    expect((await images.inspect("c:1")).record.id).toBe(first.id);
    await expect(images.tag("a", "B")).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(images.tag("a", `x@${first.id}`)).rejects.toThrow("refusing to create a tag with a digest reference");
    await expect(images.tag("none", "x")).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("an import", () => {
  it("takes changes, and leaves nothing when it is refused", async () => {
    await using dir = await temporaryDirectory();
    const { images, left } = await openImages(dir.path);
    const options = { config: { env: ["A=1"] }, changes: ["CMD true", "ENV B=$A"] };
    const { id } = await images.importLayer(streamOf(Buffer.from("layer")), options);
    const { config } = (await images.inspect(id)).configuration;
    expect(config).toMatchObject({ command: ["/bin/sh", "-c", "true"], env: ["A=1", "B=1"] });
    await images.remove(id);
    await expect(images.importLayer(streamOf(Buffer.from("broken")))).rejects.toThrow("broken layer");
    await expect(images.importLayer(streamOf(Buffer.from("x")), { changes: ["RUN x"] })).rejects.toThrow("not a valid");
    const interrupted = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from("half");
      throw new Error("the client went away");
    };
    await expect(images.importLayer(interrupted())).rejects.toThrow("the client went away");
    expect(await left()).toEqual(nothingLeft);
  });

  it("that an engine died in is thrown away by the next", async () => {
    await using dir = await temporaryDirectory();
    const { garbage, store, state, left } = await openImages(dir.path);
    await state.put("image-writers", "new-half", {});
    const half = await store.writer("new-half");
    await half.write(Buffer.from("half"));
    await half.close();
    await garbage.sweep({ unfinished: true });
    expect(await left()).toEqual(nothingLeft);
    expect((await store.writer("new-half")).offset).toBe(0);
  });
});

describe("a sweep", () => {
  it("takes what an engine had begun only when no engine can be at it", async () => {
    await using dir = await temporaryDirectory();
    const { garbage, storage, left } = await openImages(dir.path);
    for (const key of ["unpack-1", "view-1", "container"]) await storage.prepare(key, undefined);
    await garbage.sweep();
    expect((await left()).snapshots).toEqual(["container", "unpack-1", "view-1"]);
    await garbage.sweep({ unfinished: true });
    expect((await left()).snapshots).toEqual(["container"]);
  });

  it("takes the layer between an image and its containers together with the image", async () => {
    await using dir = await temporaryDirectory();
    const { images, garbage, storage, left } = await openImages(dir.path);
    await images.importLayer(streamOf(Buffer.from("layer")), { name: "a" });
    const chainId = digestOf("layer");
    await storage.prepare("x", chainId);
    await storage.commit(`init-${chainId}`, "x");
    await garbage.sweep({ unfinished: true });
    expect((await left()).snapshots).toEqual([`init-${chainId}`, chainId]);
    expect((await images.remove("a")).deleted).toHaveLength(2);
    expect(await left()).toEqual(nothingLeft);
  });
});

describe("prune", () => {
  it("removes what has no name, or what nobody uses", async () => {
    await using dir = await temporaryDirectory();
    const { images, containers, events } = await openImages(dir.path);
    const add = (text: string, name?: string) =>
      images.importLayer(streamOf(Buffer.from(text)), { ...(name && { name }), config: { labels: { [text]: "" } } });
    const nameless = await add("dangling");
    const used = await add("used");
    const kept = await add("kept", "kept");
    const named = await add("named", "named");
    containers.push({
      id: "c".repeat(64),
      imageId: used.id,
      state: { status: "exited" },
    } as unknown as ContainerRecord);
    expect(await images.prune()).toEqual({
      untagged: [],
      deleted: [nameless.id, digestOf("dangling")],
      reclaimedBytes: "dangling".length,
    });
    const all = await images.prune({ dangling: ["false"], "label!": ["kept"] });
    expect(all).toMatchObject({ untagged: ["named:latest"], deleted: [named.id, digestOf("named")] });
    expect((await images.list()).map(({ id }) => id).toSorted()).toEqual([used.id, kept.id].toSorted());
    await expect(images.prune({ color: ["red"] })).rejects.toThrow("invalid filter 'color'");
    const told = events.subscribe({ since: 0n, until: 1n << 62n, filters: { event: ["prune"] } });
    for await (const { attributes } of told) {
      expect(attributes).toEqual({ reclaimed: "8" });
      break;
    }
  });

  it("removes an image that several repositories name", async () => {
    await using dir = await temporaryDirectory();
    const { images } = await openImages(dir.path);
    const { id } = await images.importLayer(streamOf(Buffer.from("x")), { name: "one" });
    await images.tag(id, "two:2");
    const pruned = await images.prune({ dangling: ["false"] });
    expect(pruned).toMatchObject({ untagged: ["one:latest", "two:2"], deleted: [id, digestOf("x")] });
    expect(await images.list()).toEqual([]);
  });

  it("can be given up", async () => {
    await using dir = await temporaryDirectory();
    const { images } = await openImages(dir.path);
    await images.importLayer(streamOf(Buffer.from("x")));
    await expect(images.prune({}, { signal: AbortSignal.abort() })).rejects.toThrow("abort");
    expect(await images.list()).toHaveLength(1);
    expect(await collect(images.save(["none"])).catch((thrown: Error) => thrown.message)).toContain("No such image");
  });
});
