import { MemoryFileTree } from "@gantry/testkit";
import type { Mount } from "@gantry/core";
import { beforeEach, describe, expect, it } from "vitest";

import { ArchiveLayerDiffer, treeDigest } from "../src/index.ts";
import { bind, bytesOf, layer, listing, noMounter, overlay, pathsOf } from "./layer-fixtures.ts";
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

describe("diff and changes", () => {
  it("equal trees give a layer without entries", async () => {
    for (const root of ["one", "two"]) await put(root, "d/", f("d/x", "1"), f("y", "2"));
    expect(await pathsOf(differ.diff(bind("one"), bind("two")))).toEqual([]);
    expect(await changes(bind("one"), bind("two"))).toEqual([]);
    expect(await pathsOf(differ.diff(undefined, bind("a")))).toEqual([]);
    expect(await pathsOf(differ.diff(bind("one"), overlay(["one"], "upper")))).toEqual([]);
    expect(await pathsOf(differ.diff(bind("one"), bind("one")))).toEqual([]);
    expect(await pathsOf(differ.diff(overlay(["one", "two"]), overlay(["one", "two"])))).toEqual([]);
  });

  it("tells every kind of change, and the directories on the way", async () => {
    const common = [
      "a/",
      "a/b/",
      "type/",
      f("a/b/same", "s"),
      f("a/b/mode", "m"),
      f("a/gone", "g"),
      f("content", "aaaa"),
      f("time", "t"),
      f("type/x", "1"),
      "emptied/",
      f("emptied/x", "x"),
    ];
    await put("one", ...common, "kept/");
    await put("two", ...common, "kept/");
    const again: Fields[] = [
      "a/b/",
      f("a/b/mode", "m", { mode: 0o600 }),
      "a/.wh.gone",
      f("content", "bbbb"),
      f("time", "t", { mtime: 1n }),
      f("type", "file"),
      f("new/x", "n"),
      "emptied/.wh.x",
    ];
    await put("two", ...again);
    expect(await changes(bind("one"), bind("two"))).toEqual([
      "C /a",
      "C /a/b/mode",
      "D /a/gone",
      "C /content",
      "C /emptied",
      "D /emptied/x",
      "A /new",
      "A /new/x",
      "C /time",
      "C /type",
    ]);
    expect(await pathsOf(differ.diff(bind("one"), bind("two")))).toEqual([
      "a",
      "a/b",
      "a/b/mode",
      "a/.wh.gone",
      "content",
      "emptied",
      "emptied/.wh.x",
      "new",
      "new/x",
      "time",
      "type",
    ]);
  });

  it("finds changed content behind equal size and time", async () => {
    await put("one", f("x", "aaaa", { mtime: 5n }), f("same", "s"));
    await put("two", f("x", "aaab", { mtime: 5n }), f("same", "s"));
    expect(await changes(bind("one"), bind("two"))).toEqual(["C /x"]);
    await put("upper", f("x", "aaab", { mtime: 5n }));
    expect(await changes(bind("one"), overlay(["one"], "upper"))).toEqual(["C /x"]);
  });

  it("does not list what was copied up and left as it was", async () => {
    await put("one", "d/", f("d/x", "1"), { path: "d/l", type: "symlink", linkTarget: "x" });
    await put("upper", "d/", f("d/x", "1"), { path: "d/l", type: "symlink", linkTarget: "x" });
    expect(await changes(bind("one"), overlay(["one"], "upper"))).toEqual([]);
    expect(await pathsOf(differ.diff(bind("one"), overlay(["one"], "upper")))).toEqual([]);
  });

  it("compares links, devices, owners, attributes", async () => {
    const variants: [Fields, Fields][] = [
      [
        { path: "x", type: "symlink", linkTarget: "a" },
        { path: "x", type: "symlink", linkTarget: "b" },
      ],
      [
        { path: "x", type: "character-device", device: { major: 1, minor: 3 } },
        { path: "x", type: "character-device", device: { major: 1, minor: 5 } },
      ],
      [f("x", "1"), f("x", "1", { uid: 1 })],
      [f("x", "1"), f("x", "1", { gid: 1 })],
      [f("x", "1"), f("x", "1", { xattrs: new Map([["user.a", Buffer.from("1")]]) })],
      [
        f("x", "1", { xattrs: new Map([["user.a", Buffer.from("1")]]) }),
        f("x", "1", { xattrs: new Map([["user.a", Buffer.from("2")]]) }),
      ],
      [{ path: "x", type: "fifo" }, f("x", "")],
      [
        { path: "x", type: "directory" },
        { path: "x", type: "directory", mode: 0o700 },
      ],
    ];
    for (const [before, after] of variants) {
      for (const root of ["one", "two"]) trees.addRoot(root);
      await put("one", before);
      await put("two", after);
      expect(await changes(bind("one"), bind("two"))).toEqual(["C /x"]);
    }
  });

  it("keeps hard links within the layer, and gives all names of a file that gained one", async () => {
    await put("one", f("a", "1"));
    await put("two", f("a", "1"), { path: "b", type: "hard-link", linkTarget: "a" }, f("n", "2"), {
      path: "m",
      type: "hard-link",
      linkTarget: "n",
    });
    const found = await listing(differ.diff(bind("one"), bind("two")));
    expect(found.map(({ path, type, linkTarget }) => [path, type, linkTarget])).toEqual([
      ["a", "file", undefined],
      ["b", "hard-link", "a"],
      ["m", "file", undefined],
      ["n", "hard-link", "m"],
    ]);
  });

  it("writes an opaque directory as such, and lists what it hides by name", async () => {
    await put("one", f("d/keep", "k", { mtime: 9n }), f("d/old", "o"), f("d/s/deep", "x"), "e/");
    await put("three", f("d/three", "3"), f("d/s/three", "3"));
    const mounts = overlay(["three", "one"], "upper");
    await differ.apply(layer("d/", opaque("d"), f("d/keep", "k", { mtime: 9n }), f("d/s/new", "n")), mounts);
    const lower = overlay(["three", "one"]);
    expect(await pathsOf(differ.diff(lower, mounts))).toEqual(["d", "d/.wh..wh..opq", "d/keep", "d/s", "d/s/new"]);
    expect(await changes(lower, mounts)).toEqual([
      "C /d",
      "D /d/old",
      "C /d/s",
      "D /d/s/deep",
      "A /d/s/new",
      "D /d/s/three",
      "D /d/three",
    ]);
  });

  it("does not tell of whiteouts of nothing, nor of those in new or opaque directories", async () => {
    await put("one", f("d/x", "1"));
    const whiteout = { type: "character-device", device: { major: 0, minor: 0 } } as const;
    const xattrs = new Map([["trusted.overlay.opaque", Buffer.from("y")]]);
    const writer = await trees.writer("upper");
    const meta = { mode: 0o755, uid: 0, gid: 0, mtime: 0n };
    await writer.directory("d", { ...meta, xattrs });
    for (const path of ["nothing", "d/x", "new/x"])
      await writer.node(path, { ...meta, xattrs: new Map() }, { ...whiteout.device, type: whiteout.type });
    await writer.close();
    const mounts = overlay(["one"], "upper");
    expect(await changes(bind("one"), mounts)).toEqual(["C /d", "D /d/x", "A /new"]);
    expect(await pathsOf(differ.diff(bind("one"), mounts))).toEqual(["d", "d/.wh..wh..opq", "new"]);
  });

  it("drops overlayfs's attributes and refuses those that only the kernel can look through", async () => {
    const writer = await trees.writer("upper");
    const meta = { mode: 0o755, uid: 0, gid: 0, mtime: 0n };
    const xattrs = new Map(
      ["origin", "impure", "nlink", "uuid"].map((name) => [`trusted.overlay.${name}`, Buffer.from("y")]),
    );
    await writer.directory("d", { ...meta, xattrs: new Map([...xattrs, ["user.x", Buffer.from("1")]]) });
    await writer.close();
    const [entry] = await listing(differ.diff(bind("one"), overlay(["one"], "upper")));
    expect([...entry!.xattrs.keys()]).toEqual(["user.x"]);
    const more = await trees.writer("upper");
    await more.directory("e", { ...meta, xattrs: new Map([["trusted.overlay.redirect", Buffer.from("d")]]) });
    await more.close();
    await expect(changes(bind("one"), overlay(["one"], "upper"))).rejects.toMatchObject({ code: "unsupported" });
  });

  it("compares views that share no directories by what they show, without a mount", async () => {
    await put("one", "d/", f("d/one", "1"), f("x", "1"), f("gone", "1"));
    await differ.apply(layer("d/", f("d/two", "2"), ".wh.gone"), overlay(["one"], "two"));
    await put("a", "d/", f("d/one", "1"), f("d/two", "2"), f("x", "2"));
    expect(await changes(bind("a"), overlay(["two", "one"]))).toEqual(["C /x"]);
    expect(await changes(overlay(["two", "one"]), bind("a"))).toEqual(["C /x"]);
    // A committed layer against the layers below it: its own directory is the upper one.
    expect(await pathsOf(differ.diff(bind("one"), overlay(["two", "one"])))).toEqual(["d", "d/two", ".wh.gone"]);
  });

  it("a diff without a lower is the whole tree, root and all", async () => {
    await put("one", { path: "", type: "directory", mode: 0o711 }, f("x", "1"));
    const found = await listing(differ.diff(undefined, bind("one")));
    expect(found.map(({ path, mode }) => [path, mode])).toEqual([
      ["", 0o711],
      ["x", 0o644],
    ]);
  });

  it("refuses a name that would be read as a mark", async () => {
    const named = await trees.writer("two");
    await named.directory(".wh.x", { mode: 0o644, uid: 0, gid: 0, mtime: 0n, xattrs: new Map() });
    await named.close();
    await expect(pathsOf(differ.diff(bind("one"), bind("two")))).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("gives the same bytes every time", async () => {
    await put("one", f("a", "1"), f("b/c", "2"));
    await put(
      "two",
      f("a", "2"),
      f("b/d", "3", {
        xattrs: new Map([
          ["user.b", Buffer.from("1")],
          ["user.a", Buffer.from("2")],
        ]),
      }),
    );
    const first = await bytesOf(differ.diff(bind("one"), bind("two")));
    expect(Buffer.compare(first, await bytesOf(differ.diff(bind("one"), bind("two"))))).toBe(0);
  });

  it("leads from lower to upper", async () => {
    await put("one", "d/", f("d/x", "1"), f("y", "2"), f("t/u", "3"));
    await put("two", "d/", f("d/z", "1"), f("t", "file"), { path: "l", type: "symlink", linkTarget: "\udcff" });
    await differ.apply(differ.diff(bind("one"), bind("two")), bind("one"));
    expect(await treeDigest(trees, "one")).toBe(await treeDigest(trees, "two"));
  });
});
