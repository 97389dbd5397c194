import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";

import type { Mount, Mounter } from "@gantry/core";
import { MemoryFileTree, streamOf, temporaryDirectory } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { HostMounts } from "../src/host-mounts.ts";
import { RootFiles } from "../src/root-files.ts";

const owner = { uid: 0, gid: 0, mode: 0o644, mtime: 0n, xattrs: new Map<string, Uint8Array>() };

async function treeOf(roots: Record<string, Record<string, string>>): Promise<MemoryFileTree> {
  const tree = new MemoryFileTree(...Object.keys(roots));
  for (const [root, files] of Object.entries(roots)) {
    const writer = await tree.writer(root);
    for (const [file, text] of Object.entries(files)) {
      const content = Buffer.from(text);
      await writer.file(file, owner, content.length, streamOf(content));
    }
    await writer.close();
  }
  return tree;
}

const overlay = (...options: readonly string[]): readonly Mount[] => [{ type: "overlay", source: "overlay", options }];
const paths = { dataRoot: "/none", execRoot: "/none" };

describe("small files of an overlay", () => {
  const read = (tree: MemoryFileTree, mounts: readonly Mount[]) =>
    new RootFiles(tree, new HostMounts(undefined, paths)).readTexts(mounts, "etc", ["passwd", "group"]);

  it("are found in the uppermost layer that has them", async () => {
    const tree = await treeOf({
      "/up": { "etc/group": "upper" },
      "/low:1": { "etc/passwd": "one" },
      "/low2": { "etc/passwd": "two", "etc/group": "two" },
    });
    const mounts = overlay("lowerdir=/low\\:1:/low2", "upperdir=/up", "workdir=/work");
    expect(await read(tree, mounts)).toEqual(["one", "upper"]);
  });

  it("are absent when there are none, or a higher layer hides them", async () => {
    const tree = await treeOf({ "/up": {}, "/low": { "etc/passwd": "hidden", "etc/group": "hidden" } });
    const writer = await tree.writer("/up");
    const opaque = new Map([["trusted.overlay.opaque", Buffer.from("y")]]);
    await writer.directory("etc", { ...owner, xattrs: opaque });
    await writer.close();
    expect(await read(tree, overlay("lowerdir=/low", "upperdir=/up"))).toEqual(["", ""]);
    const whiteout = await treeOf({ "/up": {}, "/low": { "etc/passwd": "hidden", "etc/group": "seen" } });
    const second = await whiteout.writer("/up");
    await second.node("etc/passwd", owner, { type: "character-device", major: 0, minor: 0 });
    await second.close();
    expect(await read(whiteout, overlay("lowerdir=/low", "upperdir=/up"))).toEqual(["", "seen"]);
    expect(await read(await treeOf({ "/up": {} }), overlay("lowerdir=/up"))).toEqual(["", ""]);
  });

  it("may be links, also to nowhere", async () => {
    const tree = await treeOf({ "/up": { "usr/passwd": "linked" } });
    const writer = await tree.writer("/up");
    await writer.symlink("etc/passwd", owner, "../usr/passwd");
    await writer.symlink("etc/group", owner, "/nowhere");
    await writer.close();
    expect(await read(tree, overlay("upperdir=/up"))).toEqual(["linked", ""]);
  });
});

describe("a root that is looked at", () => {
  it("is mounted for as long as that takes, whatever happens", async () => {
    await using dir = await temporaryDirectory();
    const mounted: string[] = [];
    const mounter: Mounter = {
      mount: async (_mounts, target) => {
        mounted.push(target);
        await writeFile(path.join(target, "..", "seen"), "");
      },
      unmount: async (target) => void mounted.splice(mounted.indexOf(target), 1),
    };
    await mkdir(path.join(dir.path, "mounts"));
    const files = new RootFiles(
      new MemoryFileTree(),
      new HostMounts(mounter, { dataRoot: dir.path, execRoot: dir.path }),
    );
    const mounts: readonly Mount[] = [{ type: "btrfs", source: "x", options: [] }];
    await expect(
      files.withDirectory(mounts, async (root) => {
        expect(mounted).toEqual([root]);
        throw new Error("looked");
      }),
    ).rejects.toThrow("looked");
    expect(mounted).toEqual([]);
    expect(await readdir(path.join(dir.path, "mounts"))).toEqual(["seen"]);
  });

  it("needs no mount when it is a plain directory, and a mounter when not", async () => {
    const files = new RootFiles(new MemoryFileTree(), new HostMounts(undefined, paths));
    const plain: readonly Mount[] = [{ type: "bind", source: "/plain", options: [] }];
    expect(await files.withDirectory(plain, async (root) => root)).toBe("/plain");
    await expect(files.withDirectory(overlay(), async () => {})).rejects.toMatchObject({ code: "unsupported" });
    await expect(
      new RootFiles(undefined, new HostMounts(undefined, paths)).readTexts(plain, "etc", ["passwd"]),
    ).rejects.toThrow("no plugin provides FileTree");
  });
});
