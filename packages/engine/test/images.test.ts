import { gzipSync } from "node:zlib";

import type { ProgressEvent } from "@gantry/core";
import { digestOf, mediaTypes } from "@gantry/oci";
import { streamOf, temporaryDirectory } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import type { ContainerRecord } from "../src/index.ts";
import { fakeImage } from "./fake-image.ts";
import { nothingLeft, openImages } from "./image-fixture.ts";

describe("pull", () => {
  it("stores, unpacks and names an image, and says so", async () => {
    await using dir = await temporaryDirectory();
    const { images, source, left } = await openImages(dir.path);
    const image = fakeImage(["one", "two"], { labels: { a: "b" } });
    source.images.set("busybox", image);
    const events: ProgressEvent[] = [];
    const pulled = await images.pull("busybox", { progress: (event) => events.push(event) });
    expect(pulled).toEqual({ id: image.id, digest: image.manifest.digest, upToDate: false });
    expect(await images.list()).toMatchObject([
      {
        id: image.id,
        tags: ["busybox:latest"],
        digests: [`busybox@${image.manifest.digest}`],
        createdAt: "2026-01-01T00:00:00Z",
        size: 6,
        labels: { a: "b" },
      },
    ]);
    expect((await left()).snapshots).toEqual(
      [digestOf("one"), digestOf(`${digestOf("one")} ${digestOf("two")}`)].toSorted(),
    );
    expect((await left()).blobs).toEqual([...image.contents.keys()].toSorted());
    expect(source.open).toBe(0);
    const statuses = events.map(({ status }) => status);
    expect(statuses).toContain("Pulling fs layer");
    expect(statuses.filter((status) => status === "Pull complete")).toHaveLength(2);
    expect(statuses.slice(-2)).toEqual([
      `Digest: ${image.manifest.digest}`,
      "Status: Downloaded newer image for busybox:latest",
    ]);
    for (const text of [
      "busybox",
      "busybox:latest",
      "docker.io/library/busybox",
      image.id,
      image.id.slice(7, 14),
      `busybox@${image.manifest.digest}`,
    ]) {
      expect(await images.has(text), text).toBe(true);
    }
    expect(await images.has("other")).toBe(false);
    await expect(images.has("Bad Name")).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("fetches nothing twice and knows when it is up to date", async () => {
    await using dir = await temporaryDirectory();
    const { images, source, differ } = await openImages(dir.path);
    source.images.set("a", fakeImage(["one", "two"]));
    source.images.set("b", fakeImage(["one", "three"]));
    await images.pull("a");
    const fetched = source.fetched.length;
    expect((await images.pull("a")).upToDate).toBe(true);
    expect(source.fetched).toHaveLength(fetched);
    await images.pull("b");
    expect(source.fetched.filter((digest) => digest === digestOf("one"))).toHaveLength(1);
    expect(differ.applied).toBe(3);
    expect((await images.list()).map(({ size }) => size)).toEqual(expect.arrayContaining([6, 8]));
  });

  it("is the same with two at once", async () => {
    await using dir = await temporaryDirectory();
    const { images, source, differ } = await openImages(dir.path);
    source.images.set("a", fakeImage(["one", "two"]));
    await Promise.all([images.pull("a"), images.pull("a")]);
    expect(differ.applied).toBe(2);
    expect(await images.list()).toHaveLength(1);
  });

  it("chooses this machine's manifest from an index", async () => {
    await using dir = await temporaryDirectory();
    const { images, source } = await openImages(dir.path);
    const image = fakeImage(["one"]);
    const architecture = process.arch === "x64" ? "amd64" : process.arch;
    const text = JSON.stringify({
      schemaVersion: 2,
      manifests: [{ ...image.manifest, platform: { os: "linux", architecture } }],
    });
    const index = { mediaType: mediaTypes.ociIndex, digest: digestOf(text), size: text.length };
    image.contents.set(index.digest, Buffer.from(text));
    source.images.set("multi", { ...image, manifest: index });
    expect(await images.pull("multi")).toMatchObject({ id: image.id, digest: index.digest });
    const other = JSON.stringify({
      schemaVersion: 2,
      manifests: [{ ...image.manifest, platform: { os: "plan9", architecture } }],
    });
    image.contents.set(digestOf(other), Buffer.from(other));
    source.images.set("none", { ...image, manifest: { ...index, digest: digestOf(other), size: other.length } });
    await expect(images.pull("none")).rejects.toThrow("no matching manifest for linux/");
  });

  it("refuses what is not what it says, and leaves nothing usable behind", async () => {
    await using dir = await temporaryDirectory();
    const { images, source, garbage, left } = await openImages(dir.path);
    const wrong = fakeImage(["one", "two"]);
    wrong.contents.set(digestOf("two"), Buffer.from("2wo"));
    source.images.set("wrong", wrong);
    await expect(images.pull("wrong")).rejects.toMatchObject({ code: "invalid-argument" });
    source.images.set("broken", fakeImage(["broken"]));
    await expect(images.pull("broken")).rejects.toThrow("broken layer");
    await expect(images.pull("nowhere")).rejects.toMatchObject({ code: "not-found" });
    await expect(images.pull("A B")).rejects.toMatchObject({ code: "invalid-argument" });
    expect(source.open).toBe(0);
    expect(await images.list()).toEqual([]);
    await garbage.sweep();
    expect(await left()).toEqual(nothingLeft);
  });

  it("goes on where a broken download ended", async () => {
    await using dir = await temporaryDirectory();
    const { images, source } = await openImages(dir.path);
    const layer = "a layer of some length";
    const image = fakeImage([layer]);
    const short = { ...image, contents: new Map(image.contents) };
    short.contents.set(digestOf(layer), Buffer.from(layer.slice(0, 8)));
    source.images.set("a", short);
    await expect(images.pull("a")).rejects.toMatchObject({ code: "unavailable" });
    source.images.set("a", image);
    const offsets: number[] = [];
    source.onFetch = (digest, offset) => void (digest === digestOf(layer) && offsets.push(offset));
    await images.pull("a");
    expect(offsets).toEqual([8]);
    expect(await images.has("a")).toBe(true);
  });

  it("survives the engine", async () => {
    await using dir = await temporaryDirectory();
    const first = await openImages(dir.path);
    const image = fakeImage(["one"]);
    first.source.images.set("a", image);
    await first.images.pull("a");
    const second = await openImages(dir.path);
    expect((await second.images.list()).map(({ id }) => id)).toEqual([image.id]);
    await second.garbage.sweep();
    expect(await second.left()).toEqual(await first.left());
  });
});

describe("import", () => {
  it("makes an image of one layer", async () => {
    await using dir = await temporaryDirectory();
    const { images, left } = await openImages(dir.path);
    const { id } = await images.importLayer(streamOf(Buffer.from("lay"), Buffer.from("er")), {
      name: "own",
      config: { command: ["sh"] },
    });
    expect(await images.list()).toMatchObject([{ id, tags: ["own:latest"], size: 5 }]);
    expect(await left()).toMatchObject({ snapshots: [digestOf("layer")], blobs: { length: 3 } });
    await images.remove("own");
    expect(await left()).toEqual(nothingLeft);
  });

  it("takes a compressed layer, and needs no name", async () => {
    await using dir = await temporaryDirectory();
    const { images, left } = await openImages(dir.path);
    const { id } = await images.importLayer(streamOf(gzipSync("layer")));
    expect((await left()).snapshots).toEqual([digestOf("layer")]);
    expect(await images.list()).toMatchObject([{ id, tags: [] }]);
    await expect(images.importLayer(streamOf(Buffer.from("BZh91AY")))).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await expect(images.importLayer(streamOf(Buffer.from("broken")))).rejects.toThrow("broken layer");
  });
});

describe("removal", () => {
  const user = (imageId: string, status: string) =>
    ({ id: "c".repeat(64), imageId, state: { status } }) as unknown as ContainerRecord;

  it("takes the image with its last name, but not what others share", async () => {
    await using dir = await temporaryDirectory();
    const { images, source, left } = await openImages(dir.path);
    const [first, second] = [fakeImage(["one", "two"]), fakeImage(["one", "three"])];
    for (const name of ["a", "a:2"]) source.images.set(name, first);
    source.images.set("b", second);
    for (const name of ["a", "a:2", "b"]) await images.pull(name);
    expect(await images.remove("a")).toEqual({ untagged: ["a:latest"], deleted: [] });
    expect(await images.remove("a:2")).toEqual({
      untagged: ["a:2"],
      deleted: [first.id, digestOf(`${digestOf("one")} ${digestOf("two")}`)],
    });
    expect((await left()).blobs).toEqual([...second.contents.keys()].toSorted());
    await expect(images.remove("a")).rejects.toThrow("No such image: a:latest");
    await images.remove(second.id.slice(7, 15));
    expect(await left()).toEqual(nothingLeft);
  });

  it("asks for force in Docker's words", async () => {
    await using dir = await temporaryDirectory();
    const { images, source, containers } = await openImages(dir.path);
    const image = fakeImage(["one"]);
    for (const name of ["a", "b"]) source.images.set(name, image);
    const short = image.id.slice(7, 19);
    await images.pull("a");
    containers.push(user(image.id, "exited"));
    await expect(images.remove("a")).rejects.toThrow(
      `conflict: unable to remove repository reference "a:latest" (must force) - container cccccccccccc is using its referenced image ${short}`,
    );
    await expect(images.remove(image.id)).rejects.toThrow(
      `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container cccccccccccc`,
    );
    await images.pull("b");
    await expect(images.remove(image.id)).rejects.toThrow(
      "(must be forced) - image is referenced in multiple repositories",
    );
    containers[0] = user(image.id, "running");
    await expect(images.remove(image.id, { force: true })).rejects.toThrow(
      `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container cccccccccccc`,
    );
    expect(await images.remove("a")).toEqual({ untagged: ["a:latest"], deleted: [] });
    expect(await images.remove("b", { force: true })).toEqual({ untagged: ["b:latest"], deleted: [] });
    containers[0] = user(image.id, "exited");
    expect(await images.remove(image.id, { force: true })).toMatchObject({
      untagged: [],
      deleted: [image.id, digestOf("one")],
    });
  });

  it("keeps a layer that a container stands on until that is gone", async () => {
    await using dir = await temporaryDirectory();
    const { images, source, storage, garbage, left } = await openImages(dir.path);
    source.images.set("a", fakeImage(["one", "two"]));
    await images.pull("a");
    const top = digestOf(`${digestOf("one")} ${digestOf("two")}`);
    await storage.prepare("container", top);
    expect((await images.remove("a", { force: true })).deleted).toHaveLength(1);
    await garbage.sweep();
    expect((await left()).snapshots).toEqual([digestOf("one"), top, "container"].toSorted());
    await storage.remove("container");
    await garbage.sweep();
    expect(await left()).toEqual(nothingLeft);
  });

  it("tells an ambiguous id", async () => {
    await using dir = await temporaryDirectory();
    const { images } = await openImages(dir.path);
    const ids: string[] = [];
    for (let count = 0; count < 17; count += 1)
      ids.push((await images.importLayer(streamOf(Buffer.from(`l${count}`)))).id);
    const digits = ids.map((id) => id[7]!);
    const twice = digits.find((digit, index) => digits.indexOf(digit) !== index)!;
    await expect(images.remove(`sha256:${twice}`)).rejects.toThrow("Multiple IDs found with provided prefix");
  });
});
