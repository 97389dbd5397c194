import { MemoryFileTree } from "@gantry/testkit";
import type { Mount } from "@gantry/core";
import { beforeEach, describe, expect, it } from "vitest";

import { ArchiveLayerDiffer } from "../src/index.ts";
import { bind, bytesOf, inPieces, layer, noMounter, overlay, treeOf } from "./layer-fixtures.ts";
import type { Fields } from "./layer-fixtures.ts";

let trees: MemoryFileTree;
let differ: ArchiveLayerDiffer;
beforeEach(() => {
  trees = new MemoryFileTree("one", "two", "three", "upper", "a", "b");
  differ = new ArchiveLayerDiffer(trees, noMounter);
});

const put = (root: string, ...fields: Fields[]) => differ.apply(layer(...fields), bind(root));
const f = (path: string, content: string, more = {}) => ({ path, content, ...more });
const opaque = (directory: string) => `${directory}/.wh..wh..opq`;
const letters = { added: "A", modified: "C", deleted: "D" };
async function changes(lower: readonly Mount[] | undefined, upper: readonly Mount[]): Promise<string[]> {
  const found = await Array.fromAsync(differ.changes(lower, upper));
  return found.map(({ kind, path }) => `${letters[kind]} ${path}`);
}

describe("apply into a directory", () => {
  it("writes and tells digest, size, content and entries", async () => {
    const bytes = await bytesOf(layer("d/", f("d/f", "hello")));
    const padded = Buffer.concat([bytes, Buffer.alloc(20 * 512)]);
    const applied = await differ.apply(inPieces(padded, 700), bind("one"));
    const { createHash } = await import("node:crypto");
    const diffId = `sha256:${createHash("sha256").update(padded).digest("hex")}`;
    expect(applied).toEqual({ diffId, size: padded.length, contentSize: 5, entries: 2 });
    expect(await treeOf(trees, "one")).toEqual(["d/", "d/f=hello"]);
  });

  it("takes absolute names and ./ relative to the root", async () => {
    await put("one", { path: "/abs", content: "1" }, { path: "./dot/./x", content: "2" });
    expect(await treeOf(trees, "one")).toEqual(["abs=1", "dot/", "dot/x=2"]);
  });

  const base: Fields[] = ["d/", f("d/old", "o"), "d/sub/", f("d/sub/old", "o"), f("file", "o"), f("other", "o")];
  const cases: Record<string, [layer: Fields[], tree: string[]]> = {
    "a whiteout removes a file": [[".wh.file"], ["d/", "d/old=o", "d/sub/", "d/sub/old=o", "other=o"]],
    "a whiteout removes a directory": [[".wh.d"], ["file=o", "other=o"]],
    "a whiteout of nothing does nothing": [
      ["x/.wh.y", ".wh.z"],
      ["d/", "d/old=o", "d/sub/", "d/sub/old=o", "file=o", "other=o"],
    ],
    "an entry after its own whiteout stays": [
      [".wh.file", f("file", "n")],
      ["d/", "d/old=o", "d/sub/", "d/sub/old=o", "file=n", "other=o"],
    ],
    "an entry before its own whiteout stays": [
      [f("file", "n"), ".wh.file"],
      ["d/", "d/old=o", "d/sub/", "d/sub/old=o", "file=n", "other=o"],
    ],
    "a directory before its own whiteout keeps only what is new": [
      ["d/", f("d/new", "n"), ".wh.d"],
      ["d/", "d/new=n", "file=o", "other=o"],
    ],
    "an opaque mark first": [
      ["d/", opaque("d"), f("d/new", "n")],
      ["d/", "d/new=n", "file=o", "other=o"],
    ],
    "an opaque mark last": [
      ["d/", f("d/new", "n"), f("d/sub/new", "n"), opaque("d")],
      ["d/", "d/new=n", "d/sub/", "d/sub/new=n", "file=o", "other=o"],
    ],
    "an opaque mark in the middle": [
      [f("d/sub/new", "n"), opaque("d"), f("d/new", "n")],
      ["d/", "d/new=n", "d/sub/", "d/sub/new=n", "file=o", "other=o"],
    ],
    "an opaque mark for a missing directory": [
      [opaque("none")],
      ["d/", "d/old=o", "d/sub/", "d/sub/old=o", "file=o", "other=o"],
    ],
    "an opaque root": [[f("new", "n"), ".wh..wh..opq"], ["new=n"]],
    "a file over a directory": [[f("d", "n")], ["d=n", "file=o", "other=o"]],
    "a directory over a file": [
      ["file/", f("file/x", "n")],
      ["d/", "d/old=o", "d/sub/", "d/sub/old=o", "file/", "file/x=n", "other=o"],
    ],
    "an entry twice: the last counts": [
      [f("file", "1"), f("file", "2")],
      ["d/", "d/old=o", "d/sub/", "d/sub/old=o", "file=2", "other=o"],
    ],
    "the files of AUFS are left out": [
      [".wh..wh.aufs", ".wh..wh.orph/", ".wh..wh.plnk/", ".wh.d"],
      ["file=o", "other=o"],
    ],
    "hard links into AUFS's own directory": [
      [
        ".wh..wh.plnk/",
        f(".wh..wh.plnk/12.34", "n"),
        { path: "file", type: "hard-link", linkTarget: ".wh..wh.plnk/12.34" },
        ".wh.d",
      ],
      ["file=n", "other=o"],
    ],
  };
  describe.each([["bind"], ["overlay"]])("by %s", (form) => {
    it.each(Object.entries(cases))("%s", async (_, [fields, tree]) => {
      await put("one", ...base);
      const lower = bind("one");
      const upper = form === "bind" ? bind("two") : overlay(["one"], "upper");
      if (form === "bind") await put("two", ...base);
      await differ.apply(layer(...fields), upper);
      // What is seen is read back through the difference that it makes: applied to a copy, it must give the tree.
      await put("a", ...base);
      await differ.apply(differ.diff(lower, upper), bind("a"));
      expect(await treeOf(trees, "a")).toEqual(tree);
      const seen = form === "bind" ? await treeOf(trees, "two") : tree;
      expect(seen).toEqual(tree);
    });
  });

  it("fails with the entry's name and leaves the source closed", async () => {
    let closed = false;
    async function* source() {
      try {
        yield* layer(f("a", "x"), f("a/b", "y"), f("c", "z"));
      } finally {
        closed = true;
      }
    }
    const failing = differ.apply(source(), bind("one"));
    await expect(failing).rejects.toMatchObject({ code: "invalid-argument", details: { path: "a/b" } });
    expect(closed).toBe(true);
  });

  it.each([".wh.", "d/.wh.", ".wh...", "d/.wh.."])("refuses the mark %s, which names nothing", async (path) => {
    await put("one", f("keep", "k"));
    await expect(put("one", path)).rejects.toMatchObject({ code: "invalid-argument", details: { path } });
    expect(await treeOf(trees, "one")).toEqual(["keep=k"]);
  });
});

describe("apply into an overlay's upper directory", () => {
  const device = async (path: string) => (await trees.lookup("upper", path))?.device;
  const isOpaque = async (path: string) => (await trees.lookup("upper", path))?.xattrs.has("trusted.overlay.opaque");

  it("writes whiteouts as devices 0:0 and opaque directories with the attribute, in either order", async () => {
    await put("one", f("x", "1"), f("d/old", "1"), f("e/old", "1"), f("g/h/old", "1"));
    const mounts = overlay(["one"], "upper");
    await differ.apply(layer(".wh.x", "d/", opaque("d"), f("e/new", "2"), opaque("e"), "g/h/", ".wh.g"), mounts);
    expect(await device("x")).toEqual({ major: 0, minor: 0 });
    expect([await isOpaque("d"), await isOpaque("e"), await isOpaque("g")]).toEqual([true, true, true]);
    expect(await changes(bind("one"), mounts)).toEqual([
      "C /d",
      "D /d/old",
      "C /e",
      "A /e/new",
      "D /e/old",
      "C /g/h",
      "D /g/h/old",
      "D /x",
    ]);
  });

  it("uses user.overlay attributes where the mount does", async () => {
    await put("one", f("d/old", "1"));
    await differ.apply(layer("d/", opaque("d")), overlay(["one"], "upper", "userxattr"));
    expect((await trees.lookup("upper", "d"))!.xattrs.has("user.overlay.opaque")).toBe(true);
  });

  it("copies the directories on the way up with the metadata that they have below, top layer first", async () => {
    await put("one", { path: "tmp", type: "directory", mode: 0o700 });
    await put("two", { path: "tmp", type: "directory", mode: 0o1777, uid: 5, mtime: 7n });
    await differ.apply(layer(f("tmp/a/b", "x")), overlay(["two", "one"], "upper"));
    expect(await trees.lookup("upper", "tmp")).toMatchObject({ mode: 0o1777, uid: 5, mtime: 7n });
    expect(await trees.lookup("upper", "tmp/a")).toMatchObject({ mode: 0o755, uid: 0 });
    expect(await isOpaque("tmp")).toBe(false);
  });

  it("follows links of the layers below, as the mount would", async () => {
    await put(
      "one",
      "usr/lib/",
      { path: "lib", type: "symlink", linkTarget: "usr/lib" },
      { path: "v/run", type: "symlink", linkTarget: "/run" },
      "run/",
    );
    await differ.apply(layer(f("lib/x", "1"), f("v/run/pid", "2"), "lib/.wh.y"), overlay(["one"], "upper"));
    expect(await treeOf(trees, "upper")).toEqual([
      "run/",
      "run/pid=2",
      "usr/",
      "usr/lib/",
      "usr/lib/x=1",
      "usr/lib/y",
      "v/",
    ]);
    await expect(
      differ.apply(
        layer({ path: "loop", type: "symlink", linkTarget: "loop" }, f("loop/x", "")),
        overlay(["one"], "b"),
      ),
    ).rejects.toMatchObject({ code: "invalid-argument", details: { path: "loop/x" } });
  });

  it("links that lead upwards end at the root", async () => {
    await put("one", { path: "up", type: "symlink", linkTarget: "../../../.." });
    await differ.apply(
      layer(f("up/x", "1"), { path: "own", type: "symlink", linkTarget: "../../up" }, f("own/y", "2")),
      overlay(["one"], "upper"),
    );
    expect(await treeOf(trees, "upper")).toEqual(["own -> ../../up", "x=1", "y=2"]);
  });

  it("a directory in place of a deleted or other entry shows nothing of below", async () => {
    await put("one", f("d/old", "1"), f("e", "file"), f("g/old", "1"));
    const mounts = overlay(["one"], "upper");
    await differ.apply(layer(".wh.d", "d/", "e/", f("e/x", "2"), f("g", "file first"), "g/"), mounts);
    expect([await isOpaque("d"), await isOpaque("g")]).toEqual([true, true]);
    expect(await changes(bind("one"), mounts)).toEqual(["C /d", "D /d/old", "C /e", "A /e/x", "C /g", "D /g/old"]);
  });

  it("copies up a file of below that the layer links to", async () => {
    await put("one", f("d/file", "content", { mode: 0o4755, uid: 3 }));
    await differ.apply(layer({ path: "link", type: "hard-link", linkTarget: "d/file" }), overlay(["one"], "upper"));
    expect(await trees.lookup("upper", "link")).toMatchObject({ links: 2, mode: 0o4755, uid: 3, size: 7 });
    for (const linkTarget of ["nothing", "d", "d/file/x"]) {
      trees.addRoot("b");
      const hostile = differ.apply(layer({ path: "h", type: "hard-link", linkTarget }), overlay(["one"], "b"));
      await expect(hostile).rejects.toMatchObject({ code: "invalid-argument", details: { path: "h" } });
    }
  });

  it("drops overlayfs's own attributes that a layer brings", async () => {
    const xattrs = new Map([
      ["trusted.overlay.redirect", Buffer.from("/secret")],
      ["user.overlay.opaque", Buffer.from("y")],
      ["user.kept", Buffer.from("k")],
    ]);
    await differ.apply(layer({ path: "d", type: "directory", xattrs }), overlay(["one"], "upper"));
    await differ.apply(layer({ path: "d", type: "directory", xattrs }), bind("two"));
    for (const root of ["upper", "two"])
      expect([...(await trees.lookup(root, "d"))!.xattrs.keys()]).toEqual(["user.kept"]);
  });

  it("mounts when the upper directory is not empty", async () => {
    await put("upper", f("x", "1"));
    await expect(differ.apply(layer(), overlay(["one"], "upper"))).rejects.toThrow("nothing is to be mounted");
  });
});
