import { stat } from "node:fs/promises";
import path from "node:path";

import type { FileTree } from "@gantry/core";
import { collect, collectBytes, MemoryFileTree, streamOf } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { LocalEngine } from "../src/index.ts";
import { copyUp } from "../src/mounts/copy-up.ts";
import { container, EngineFixture, nothing } from "./engine-fixture.ts";

describe("volumes", () => {
  it("are mounted where they were asked for", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const host = path.join(fixture.directory.path, "made");
    const { id } = await containers.create({
      ...container("sleep"),
      hostConfig: { binds: [`${host}:/host:ro`, "named:/n", "/anonymous"], tmpfs: { "/run": "size=1m" } },
    });
    await containers.start(id);
    const { mounts } = fixture.machine.get(id).spec;
    const at = (destination: string) => mounts.find((mount) => mount.destination === destination);
    expect(at("/host")).toEqual({
      type: "bind",
      source: host,
      destination: "/host",
      options: ["rbind", "rprivate", "ro"],
    });
    expect((await stat(host)).isDirectory()).toBe(true);
    expect(at("/run")).toMatchObject({ type: "tmpfs", options: ["noexec", "nosuid", "nodev", "size=1m"] });
    const { volumes } = fixture.components();
    expect(at("/n")).toMatchObject({ type: "bind", source: (await volumes!.get("named"))!.mountpoint });
    await expect(volumes!.remove("named")).rejects.toMatchObject({ code: "conflict" });
    await containers.stop(id);
    await expect.poll(() => volumes!.remove("named").then(() => "removed", String)).toBe("removed");
  });

  it("replace the files that the engine makes", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({ ...container("sleep"), hostConfig: { binds: ["/etc/hosts:/etc/hosts"] } });
    await containers.start(id);
    const { mounts } = fixture.machine.get(id).spec;
    expect(mounts.filter(({ destination }) => destination === "/etc/hosts")).toMatchObject([{ source: "/etc/hosts" }]);
  });

  it("come before what lies in them, whoever mounts it", async () => {
    await using fixture = await EngineFixture.open();
    const { containers } = await fixture.start();
    const { id } = await containers.create({
      ...container("sleep"),
      hostConfig: { binds: ["inner:/etc/a/b", "outer:/etc", "devices:/dev"] },
    });
    await containers.start(id);
    const places = fixture.machine.get(id).spec.mounts.map(({ destination }) => destination);
    const order = (...wanted: readonly string[]) => wanted.map((place) => places.indexOf(place));
    expect(places.filter((place) => place === "/dev")).toHaveLength(1);
    for (const [outer, inner] of [order("/etc", "/etc/hosts"), order("/etc", "/etc/a/b"), order("/dev", "/dev/shm")]) {
      expect(outer).toBeLessThan(inner!);
    }
  });

  it("that the image declares go with the container", async () => {
    await using fixture = await EngineFixture.open();
    const { containers, images } = await fixture.start();
    const config = { command: ["true"], volumes: ["/data"] };
    await images.importLayer(streamOf(Buffer.from("with volumes")), { name: "declares", config });
    const { id } = await containers.create({ config: { image: "declares" } });
    const { mounts, anonymousVolumes } = await containers.inspect(id);
    expect(mounts).toMatchObject([{ type: "volume", source: anonymousVolumes[0], destination: "/data" }]);
    await containers.remove(id, { volumes: true });
    expect(await fixture.remains()).toEqual(nothing);
  });

  it("need a driver, and leave nothing without", async () => {
    await using fixture = await EngineFixture.open();
    const { volumes: _volumes, ...others } = fixture.components();
    const engine = new LocalEngine(others);
    await engine.start();
    const options = { ...container("true"), hostConfig: { binds: ["/a"] } };
    await expect(engine.containers.create(options)).rejects.toMatchObject({ code: "unsupported" });
    await engine.stop();
    expect(await fixture.remains()).toEqual(nothing);
  });

  it("that cannot be made undo the container", async () => {
    await using fixture = await EngineFixture.open();
    const { volumes } = fixture.components();
    volumes!.create = () => Promise.reject(new Error("no more volumes"));
    const { containers } = await fixture.start({ volumes: volumes! });
    const options = { ...container("true"), name: "one", hostConfig: { binds: ["/a"] } };
    await expect(containers.create(options)).rejects.toThrow("no more volumes");
    expect(await fixture.remains()).toEqual(nothing);
    await containers.create({ ...container("true"), name: "one" });
  });
});

describe("a new volume", () => {
  const metadata = { uid: 7, gid: 8, mode: 0o750, mtime: 99n, xattrs: new Map([["user.a", Buffer.from("b")]]) };

  async function imageTree(): Promise<MemoryFileTree> {
    const tree = new MemoryFileTree("/image", "/volume");
    const writer = await tree.writer("/image");
    await writer.directory("data", metadata);
    await writer.file("data/f", metadata, 4, streamOf(Buffer.from("text")));
    await writer.hardLink("data/g", "data/f");
    await writer.symlink("data/l", metadata, "f");
    await writer.node("data/p", metadata, { type: "fifo" });
    await writer.node("data/sub/dev", metadata, { type: "character-device", major: 1, minor: 3 });
    await writer.file("other", metadata, 0, streamOf());
    await writer.close();
    return tree;
  }

  it("takes what the image has there, with all metadata", async () => {
    const tree = await imageTree();
    await copyUp(tree, "/image", "/data", "/volume", {});
    const entries = await collect(tree.walk("/volume"));
    expect(
      entries.map(({ path: name, type, links }) => `${name} ${type} ${links}`).filter((line) => !line.startsWith(" ")),
    ).toEqual([
      "f file 2",
      "g file 2",
      "l symlink 1",
      "p fifo 1",
      expect.stringMatching(/^sub directory/),
      "sub/dev character-device 1",
    ]);
    expect(await tree.lookup("/volume", "")).toMatchObject({ uid: 7, gid: 8, mode: 0o750, mtime: 99n });
    expect(await tree.lookup("/volume", "f")).toMatchObject(metadata);
    expect((await collectBytes(tree.read("/volume", "g"))).toString()).toBe("text");
  });

  it("stays empty where the image has no directory", async () => {
    const tree: FileTree = await imageTree();
    await copyUp(tree, "/image", "/other", "/volume", {});
    await copyUp(tree, "/image", "/none", "/volume", {});
    expect((await collect(tree.walk("/volume"))).filter(({ path: name }) => name !== "")).toEqual([]);
  });
});
