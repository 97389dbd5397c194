import { archiveEntry, readTar, tarStream } from "@gantry/archive";
import type { ArchiveEntryFields } from "@gantry/archive";
import { digestOf, mediaTypes, noImageDefaults, serializeImageConfig } from "@gantry/oci";
import { collectBytes, streamOf, temporaryDirectory } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { fakeImage } from "./fake-image.ts";
import { nothingLeft, openImages } from "./image-fixture.ts";

const config = (layers: readonly string[]): string =>
  serializeImageConfig({
    os: "linux",
    architecture: "amd64",
    config: { ...noImageDefaults, command: ["sh"] },
    diffIds: layers.map((layer) => digestOf(layer)),
    history: [],
  });
const hex = (text: string): string => digestOf(text).slice(7);
const json = (path: string, value: unknown): ArchiveEntryFields => ({ path, content: JSON.stringify(value) });
const archive = (...entries: readonly ArchiveEntryFields[]): AsyncIterable<Uint8Array> =>
  tarStream(entries.map(archiveEntry));

/** As docker wrote it for ten years: a directory for each layer, equal layers as links. */
function oldArchive(...more: readonly ArchiveEntryFields[]): AsyncIterable<Uint8Array> {
  const text = config(["one", "two"]);
  return archive(
    { path: `${hex(text)}.json`, content: text },
    { path: "aa", type: "directory" },
    { path: "aa/VERSION", content: "1.0" },
    { path: "aa/layer.tar", content: "one" },
    { path: "two.tar", content: "two" },
    { path: "bb/layer.tar", type: "symlink", linkTarget: "../two.tar" },
    json("manifest.json", [
      { Config: `${hex(text)}.json`, RepoTags: ["old:1", "old:2"], Layers: ["aa/layer.tar", "bb/layer.tar"] },
    ]),
    json("repositories", {}),
    ...more,
  );
}

function layout(change: Record<string, unknown> = {}): ArchiveEntryFields[] {
  const image = fakeImage(["one", "two"]);
  const index = {
    schemaVersion: 2,
    manifests: [{ ...image.manifest, annotations: { "org.opencontainers.image.ref.name": "example.org/x:1" } }],
    ...change,
  };
  const blobs = [...image.contents].map(([digest, content]) => ({ path: `blobs/sha256/${digest.slice(7)}`, content }));
  return [json("oci-layout", { imageLayoutVersion: "1.0.0" }), json("index.json", index), ...blobs];
}

describe("save", () => {
  it("writes one archive in both formats, the same for the same images", async () => {
    await using dir = await temporaryDirectory();
    const { images, source, root } = await openImages(dir.path);
    const image = fakeImage(["one", "two"]);
    source.images.set("busybox", image);
    await images.pull("busybox");
    await images.tag("busybox", "other/name:v1");
    const bytes = await collectBytes(images.save(["other/name:v1", "busybox", "busybox"]));
    const files = new Map<string, string>();
    for await (const { path, type, content } of readTar(streamOf(bytes))) {
      if (type === "file") files.set(path, (await collectBytes(content)).toString());
    }
    const blob = (digest: string): string => `blobs/sha256/${digest.slice(7)}`;
    expect([...files.keys()]).toEqual([
      ...[image.manifest.digest, image.id, ...image.layers].map(blob),
      "index.json",
      "manifest.json",
      "oci-layout",
      "repositories",
    ]);
    for (const [digest, content] of image.contents) expect(files.get(blob(digest))).toBe(content.toString());
    expect(JSON.parse(files.get("manifest.json")!)).toEqual([
      { Config: blob(image.id), RepoTags: ["busybox:latest", "other/name:v1"], Layers: image.layers.map(blob) },
    ]);
    expect(JSON.parse(files.get("index.json")!)).toMatchObject({
      manifests: [
        {
          ...image.manifest,
          annotations: {
            "io.containerd.image.name": "docker.io/library/busybox:latest",
            "org.opencontainers.image.ref.name": "latest",
          },
        },
        { annotations: { "org.opencontainers.image.ref.name": "v1" } },
      ],
    });
    expect(JSON.parse(files.get("repositories")!)).toEqual({
      busybox: { latest: image.layers[1]!.slice(7) },
      "other/name": { v1: image.layers[1]!.slice(7) },
    });
    const again = await openImages(root);
    expect(await collectBytes(again.images.save(["busybox", "other/name:v1"]))).toEqual(bytes);
  });

  it("of a repository takes all of its tags", async () => {
    await using dir = await temporaryDirectory();
    const { images, events } = await openImages(dir.path);
    const one = await images.importLayer(streamOf(Buffer.from("1")), { name: "repo:1" });
    const two = await images.importLayer(streamOf(Buffer.from("2")), { name: "repo:2" });
    await images.importLayer(streamOf(Buffer.from("3")), { name: "repository" });
    const bytes = await collectBytes(images.save(["repo"]));
    const loaded = await (await openImages(`${dir.path}/other`)).images.load(streamOf(bytes));
    expect(loaded).toEqual([
      { id: one.id, tags: ["repo:1"] },
      { id: two.id, tags: ["repo:2"] },
    ]);
    const told: string[] = [];
    for await (const { id } of events.subscribe({ since: 0n, until: 1n << 62n, filters: { event: ["save"] } })) {
      if (told.push(id) === 2) break;
    }
    expect(told).toEqual([one.id, two.id]);
  });

  it("by id gives no name, and Docker's manifests become OCI's", async () => {
    await using dir = await temporaryDirectory();
    const { images, source } = await openImages(dir.path);
    const image = fakeImage(["one"]);
    const document = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.dockerManifest,
      config: { mediaType: mediaTypes.dockerConfig, digest: image.id, size: image.contents.get(image.id)!.length },
      layers: [{ mediaType: mediaTypes.dockerLayer, digest: image.layers[0]!, size: 3 }],
    });
    const manifest = { mediaType: mediaTypes.dockerManifest, digest: digestOf(document), size: document.length };
    image.contents.set(manifest.digest, Buffer.from(document));
    source.images.set("a", { ...image, manifest });
    await images.pull("a");
    const bytes = await collectBytes(images.save([image.id]));
    await images.remove("a");
    const loaded = await images.load(streamOf(bytes));
    expect(loaded).toEqual([{ id: image.id, tags: [] }]);
    expect(bytes.includes('RepoTags":null')).toBe(true);
    expect(bytes.includes("vnd.docker")).toBe(false);
  });
});

describe("load", () => {
  it("takes archives of old", async () => {
    await using dir = await temporaryDirectory();
    const { images, left } = await openImages(dir.path);
    const id = digestOf(config(["one", "two"]));
    expect(await images.load(oldArchive({ path: "readme", content: "of no use" }))).toEqual([
      { id, tags: ["old:1", "old:2"] },
    ]);
    expect((await images.inspect("old:2")).record.layers).toMatchObject([{ size: 3 }, { size: 3 }]);
    const { blobs } = await left();
    expect(blobs).toHaveLength(4);
    await images.remove(id, { force: true });
    expect(await left()).toEqual(nothingLeft);
  });

  it("takes OCI layouts, through indexes and in any order", async () => {
    await using dir = await temporaryDirectory();
    const { images, left } = await openImages(dir.path);
    const { id } = fakeImage(["one", "two"]);
    expect(await images.load(archive(...layout().toReversed()))).toEqual([{ id, tags: ["example.org/x:1"] }]);
    await images.remove(id);
    const image = fakeImage(["one", "two"]);
    const architecture = process.arch === "x64" ? "amd64" : process.arch;
    const inner = JSON.stringify({
      schemaVersion: 2,
      manifests: [
        { ...image.manifest, digest: digestOf("not here"), platform: { os: "linux", architecture: "pdp11" } },
        { ...image.manifest, platform: { os: "linux", architecture } },
      ],
    });
    const outer = { manifests: [{ mediaType: mediaTypes.ociIndex, digest: digestOf(inner), size: inner.length }] };
    const blob = { path: `blobs/sha256/${hex(inner)}`, content: inner };
    expect(await images.load(archive(...layout(outer), blob))).toEqual([{ id, tags: [] }]);
    await images.remove(id);
    expect(await left()).toEqual(nothingLeft);
  });

  it.for<[string, readonly ArchiveEntryFields[], string]>([
    ["an empty archive", [], "holds no images"],
    [
      "a name that leads out",
      [{ path: "x", type: "hard-link", linkTarget: "x" }, json("manifest.json", {})],
      "malformed",
    ],
    ["no JSON", [{ path: "manifest.json", content: "{" }], "no JSON document"],
    ["a manifest of nothing", [json("manifest.json", [null])], "malformed"],
    ["a missing configuration", [json("manifest.json", [{ Config: "c.json", Layers: [] }])], '"c.json" is missing'],
    [
      "links that go round",
      [
        { path: "c.json", type: "symlink", linkTarget: "d.json" },
        { path: "d.json", type: "symlink", linkTarget: "c.json" },
        json("manifest.json", [{ Config: "c.json", Layers: [] }]),
      ],
      '"c.json" is missing',
    ],
    [
      "a link to a file of the host",
      [
        { path: "c.json", type: "symlink", linkTarget: "/etc/hostname" },
        json("manifest.json", [{ Config: "c.json", Layers: [] }]),
      ],
      '"c.json" is missing',
    ],
    [
      "more layers than the configuration names",
      [
        { path: "c.json", content: config([]) },
        { path: "l.tar", content: "one" },
        json("manifest.json", [{ Config: "c.json", Layers: ["l.tar"] }]),
      ],
      "it has 1 layers, its configuration 0",
    ],
    [
      "a layer that is another",
      [
        { path: "c.json", content: config(["one"]) },
        { path: "l.tar", content: "two" },
        json("manifest.json", [{ Config: "c.json", Layers: ["l.tar"] }]),
      ],
      "does not match its content",
    ],
    [
      "a blob that is not what its name says",
      [
        ...layout().filter(({ path }) => !path.endsWith(hex("one"))),
        { path: `blobs/sha256/${hex("one")}`, content: "1ne" },
      ],
      "digest",
    ],
    ["a layout that is not whole", layout().filter(({ path }) => !path.endsWith(hex("two"))), "is missing"],
    [
      "a layout of something else",
      layout({ manifests: [{ mediaType: "text/plain", digest: digestOf("x"), size: 1 }] }),
      "which is no image",
    ],
    ["a bad name", [json("manifest.json", [{ Config: "c", Layers: [], RepoTags: ["UPPER"] }])], "must be lowercase"],
  ])("refuses %s, and keeps nothing of it", async ([, entries, message]) => {
    await using dir = await temporaryDirectory();
    const { images, left } = await openImages(dir.path);
    await expect(images.load(archive(...entries))).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining(message),
    });
    expect(await left()).toEqual(nothingLeft);
  });

  it("keeps what was there before", async () => {
    await using dir = await temporaryDirectory();
    const { images, left } = await openImages(dir.path);
    await images.load(archive(...layout()));
    const before = await left();
    await images.load(archive(...layout()));
    const broken = layout().filter(({ path }) => path !== "index.json");
    await expect(images.load(archive(...broken))).rejects.toThrow("holds no images");
    expect(await left()).toEqual(before);
  });
});
