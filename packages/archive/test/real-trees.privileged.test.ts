import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Mount } from "@gantry/core";
import { HelperFileTree } from "@gantry/linux";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ArchiveLayerDiffer, exportTree, treeDigest } from "../src/index.ts";
import { bind, bytesOf, layer, listing, overlay, pathsOf, treeOf } from "./layer-fixtures.ts";
import type { Fields } from "./layer-fixtures.ts";

const trees = new HelperFileTree();
const mounted: string[] = [];
/** mount(8) and umount(8), so that the kernel's own overlayfs is what the differ is measured by. */
const mounter = {
  mount: async (mounts: readonly Mount[], target: string) => {
    for (const { type, source, options } of mounts) {
      execFileSync("mount", ["-t", type, "-o", options.join(","), source, target]);
      mounted.push(target);
    }
  },
  unmount: async (target: string) => {
    execFileSync("umount", ["-l", target]);
    mounted.splice(mounted.indexOf(target), 1);
  },
};
const differ = new ArchiveLayerDiffer(trees, mounter);
let base: string;
const at = (...names: string[]) => join(base, ...names);

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "gantry-archive-"));
  for (const name of ["one", "two", "upper", "upper.work", "view", "plain"]) mkdirSync(at(name));
});
afterEach(async () => {
  for (const target of mounted.splice(0)) execFileSync("umount", ["-l", target]);
  await trees.stop();
  rmSync(base, { recursive: true, force: true });
});

const f = (path: string, content: string, more = {}) => ({ path, content, ...more });
const put = (root: string, ...fields: Fields[]) => differ.apply(layer(...fields), bind(at(root)));
const letters = { added: "A", modified: "C", deleted: "D" };
async function changes(lower: readonly Mount[] | undefined, upper: readonly Mount[]): Promise<string[]> {
  const found = await Array.fromAsync(differ.changes(lower, upper));
  return found.map(({ kind, path }) => `${letters[kind]} ${path}`);
}

const capability = Buffer.from("0100000280202000000000000000000000000000", "hex");
/** One of everything that a layer can carry. */
const everything: Fields[] = [
  { path: "", type: "directory", mode: 0o755, mtime: 77n },
  { path: "bin", type: "directory", mode: 0o755, mtime: 1_500_000_000_000_000_001n },
  f("bin/ping", "elf", {
    mode: 0o755,
    xattrs: new Map([["security.capability", capability]]),
    mtime: 1_500_000_000_999_999_999n,
  }),
  f("bin/su", "elf", { mode: 0o4755, gid: 42 }),
  { path: "bin/sh", type: "symlink", linkTarget: "/nowhere/sh", uid: 3, mtime: -1_000_000_001n },
  { path: "bin/sh.hard", type: "hard-link", linkTarget: "bin/sh" },
  { path: "dev/console", type: "character-device", device: { major: 5, minor: 1 }, mode: 0o600 },
  { path: "dev/loop300", type: "block-device", device: { major: 7, minor: 300 }, mode: 0o660, gid: 6 },
  { path: "dev", type: "directory", mtime: 9n },
  { path: "fifo", type: "fifo", mode: 0o622 },
  f("data/a", "shared", {
    uid: 1000,
    gid: 1000,
    xattrs: new Map([
      ["user.x", Buffer.from([0, 255, 10])],
      ["trusted.y", Buffer.alloc(0)],
    ]),
  }),
  { path: "data/b", type: "hard-link", linkTarget: "data/a" },
  { path: "data", type: "directory", mode: 0o2770, uid: 1000, mtime: 8n },
  f("data/\udcff\udcfe raw", "bytes"),
  f(`data/${"long".repeat(60)}`, "x"),
  {
    path: "tmp",
    type: "directory",
    mode: 0o1777,
    xattrs: new Map([
      ["system.posix_acl_default", Buffer.from("0200000001000700ffffffff04000500ffffffff20000500ffffffff", "hex")],
    ]),
  },
  f("tmp/below-acl", "x", { mode: 0o640 }),
];

describe("round trips", () => {
  it("apply, then diff: the same entries; again: the same bytes and the same tree", async () => {
    await put("one", ...everything);
    const first = await bytesOf(differ.diff(undefined, bind(at("one"))));
    const byPath = (entries: Awaited<ReturnType<typeof listing>>) =>
      new Map(entries.map((entry) => [entry.path, entry]));
    const [wanted, got] = [
      byPath(await listing(layer(...everything))),
      byPath(await listing(differ.diff(undefined, bind(at("one"))))),
    ];
    expect([...got.keys()].toSorted()).toEqual([...wanted.keys()].toSorted());
    // A hard link has no metadata of its own.
    for (const [path, entry] of wanted) {
      const told = entry.type === "hard-link" ? { type: entry.type, linkTarget: entry.linkTarget } : entry;
      expect([path, got.get(path)]).toMatchObject([path, told]);
    }
    await differ.apply(
      (async function* () {
        yield first;
      })(),
      bind(at("two")),
    );
    expect(await treeDigest(trees, at("two"))).toBe(await treeDigest(trees, at("one")));
    expect(first.equals(await bytesOf(differ.diff(undefined, bind(at("two")))))).toBe(true);
  });

  it("GNU tar unpacks what exportTree packs, and the other way round", async () => {
    await put("one", ...everything);
    writeFileSync(at("a.tar"), await bytesOf(exportTree(trees, at("one"))));
    execFileSync("tar", ["--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf", at("a.tar"), "-C", at("two")], {
      stdio: "pipe",
    });
    expect(await changes(bind(at("one")), bind(at("two")))).toEqual([]);
    expect(await treeDigest(trees, at("two"))).toBe(await treeDigest(trees, at("one")));
    for (const format of ["gnu", "pax"]) {
      const extra = format === "pax" ? ["--xattrs", "--xattrs-include=*"] : [];
      const packed = execFileSync(
        "tar",
        [`--format=${format}`, ...extra, "--numeric-owner", "-C", at("one"), "-c", "."],
        { maxBuffer: 1 << 26, stdio: "pipe" },
      );
      rmSync(at("plain"), { recursive: true });
      mkdirSync(at("plain"));
      await differ.apply(
        (async function* () {
          yield packed;
        })(),
        bind(at("plain")),
      );
      expect(await treeOf(trees, at("plain"))).toEqual(await treeOf(trees, at("one")));
    }
  });
});

describe("hostile layers have no effect outside", () => {
  const cases: Record<string, Fields[]> = {
    "a file through an absolute link": [{ path: "a", type: "symlink", linkTarget: "OUT" }, f("a/passwd", "bad")],
    "a file through a relative link": [{ path: "a", type: "symlink", linkTarget: "../outside" }, f("a/passwd", "bad")],
    "a file through a chain of links": [
      { path: "d/up", type: "symlink", linkTarget: ".." },
      { path: "e", type: "symlink", linkTarget: "d/up/../../outside" },
      f("e/passwd", "bad"),
    ],
    "a file onto a link": [{ path: "passwd", type: "symlink", linkTarget: "OUT/passwd" }, f("passwd", "bad")],
    "a directory onto a link": [
      { path: "a", type: "symlink", linkTarget: "OUT" },
      { path: "a", type: "directory", mode: 0o777 },
    ],
    "a whiteout through a link": [{ path: "a", type: "symlink", linkTarget: "OUT" }, "a/.wh.passwd"],
    "an opaque mark through a link": [{ path: "a", type: "symlink", linkTarget: "OUT" }, "a/.wh..wh..opq"],
    "a hard link through a link": [
      { path: "a", type: "symlink", linkTarget: "OUT" },
      { path: "h", type: "hard-link", linkTarget: "a/passwd" },
    ],
    "a hard link to a link, then written through": [
      { path: "a", type: "symlink", linkTarget: "OUT" },
      { path: "h", type: "hard-link", linkTarget: "a" },
      f("h/passwd", "bad"),
    ],
    "a device through a link": [
      { path: "a", type: "symlink", linkTarget: "OUT" },
      { path: "a/dev", type: "character-device", device: { major: 1, minor: 3 } },
    ],
    "a magic link of proc": [{ path: "a", type: "symlink", linkTarget: "/proc/self/root" }, f("aOUT/passwd", "bad")],
  };
  it.each(
    Object.entries(cases).flatMap(
      ([name, fields]) =>
        [
          [name, "bind", fields],
          [name, "overlay", fields],
        ] as const,
    ),
  )("%s (%s)", async (_, form, fields) => {
    mkdirSync(at("outside"));
    writeFileSync(at("outside/passwd"), "safe");
    const state = () =>
      JSON.stringify(
        [lstatSync(at("outside"), { bigint: true }), lstatSync(at("outside/passwd"), { bigint: true })],
        (key, value) => (key.startsWith("atime") ? 0 : typeof value === "bigint" ? String(value) : value),
      );
    const before = state();
    const placed = JSON.parse(JSON.stringify(fields).replaceAll("OUT", at("outside"))) as Fields[];
    const mounts = form === "bind" ? bind(at("one")) : overlay([at("two")], at("upper"));
    const outcome = await differ.apply(layer(...placed), mounts).then(
      () => "kept inside",
      (thrown: { code?: string }) => thrown.code,
    );
    expect(["kept inside", "invalid-argument"]).toContain(outcome);
    expect(state()).toBe(before);
    expect(readFileSync(at("outside/passwd"), "utf8")).toBe("safe");
  });
});

describe("a real overlay", () => {
  const lower: Fields[] = [
    "d/",
    f("d/keep", "k"),
    f("d/gone", "g"),
    "d/sub/",
    f("d/sub/x", "x"),
    f("file", "f"),
    { path: "link", type: "symlink", linkTarget: "d" },
    { path: "tmp", type: "directory", mode: 0o1777, uid: 7 },
  ];
  const layers: Record<string, Fields[]> = {
    "plain additions": [f("d/new", "n"), f("tmp/x/y", "z"), f("link/through", "t")],
    "whiteouts of files and directories": ["d/.wh.gone", ".wh.file", "d/.wh.sub"],
    "opaque first": ["d/", "d/.wh..wh..opq", f("d/new", "n")],
    "opaque last": [f("d/sub/new", "n"), "d/.wh..wh..opq"],
    "opaque root": [f("only", "o"), ".wh..wh..opq"],
    "a directory deleted and made again": [".wh.d", "d/", f("d/new", "n")],
    "a directory made, then its whiteout": ["d/", f("d/new", "n"), ".wh.d"],
    "a directory in place of a file and back": ["file/", f("file/x", "x"), f("d", "now a file")],
    "a hard link to a lower file": [{ path: "hard", type: "hard-link", linkTarget: "d/keep" }],
    everything: everything,
  };
  it.each(Object.entries(layers))(
    "%s: written into the upper directory, the mount shows what a plain directory shows",
    async (_, fields) => {
      await put("one", ...lower);
      await put("plain", ...lower);
      await differ.apply(layer(...fields), overlay([at("one")], at("upper")));
      await differ.apply(layer(...fields), bind(at("plain")));
      await mounter.mount(overlay([at("one")], at("upper")), at("view"));
      expect(await treeOf(trees, at("view"))).toEqual(await treeOf(trees, at("plain")));
      // And the difference that is read from the upper directory leads to the same tree again.
      await put("two", ...lower);
      await differ.apply(differ.diff(bind(at("one")), overlay([at("one")], at("upper"))), bind(at("two")));
      expect(await treeOf(trees, at("two"))).toEqual(await treeOf(trees, at("view")));
      expect(await changes(bind(at("two")), bind(at("view")))).toEqual([]);
    },
  );

  it("lists what was done through the mount as docker diff does", async () => {
    await put(
      "one",
      ...lower,
      f("deep/a/b/c/leaf", "1"),
      f("touched", "t"),
      f("rewritten", "same"),
      "emptied/",
      f("emptied/x", "x"),
      "removed/",
      f("removed/x", "x"),
    );
    const mounts = overlay([at("one")], at("upper"), "index=off", "redirect_dir=off", "metacopy=off");
    await mounter.mount(mounts, at("view"));
    const view = (...names: string[]) => at("view", ...names);
    writeFileSync(view("deep/a/b/c/leaf"), "2");
    chmodSync(view("touched"), 0o644);
    const { atime, mtime } = lstatSync(view("rewritten"));
    writeFileSync(view("rewritten"), "same");
    utimesSync(view("rewritten"), atime, mtime);
    rmSync(view("d/gone"));
    writeFileSync(view("d/added"), "a");
    rmSync(view("removed"), { recursive: true });
    rmSync(view("emptied"), { recursive: true });
    mkdirSync(view("emptied"));
    linkSync(view("d/keep"), view("tmp/hard"));
    renameSync(view("file"), view("renamed"));
    rmSync(view("link"));
    symlinkSync("elsewhere", view("link"));
    expect(await changes(bind(at("one")), mounts)).toEqual([
      "C /d",
      "A /d/added",
      "D /d/gone",
      "C /d/keep",
      "C /deep/a/b/c/leaf",
      "C /emptied",
      "D /emptied/x",
      "D /file",
      "C /link",
      "D /removed",
      "A /renamed",
      "C /tmp",
      "A /tmp/hard",
    ]);
    const paths = await pathsOf(differ.diff(bind(at("one")), mounts));
    expect(paths).toEqual([
      "d",
      "d/added",
      "d/.wh.gone",
      "d/keep",
      "deep",
      "deep/a",
      "deep/a/b",
      "deep/a/b/c",
      "deep/a/b/c/leaf",
      "emptied",
      "emptied/.wh..wh..opq",
      ".wh.file",
      "link",
      ".wh.removed",
      "renamed",
      "tmp",
      "tmp/hard",
    ]);
    await differ.apply(differ.diff(bind(at("one")), mounts), overlay([at("one")], at("two")));
    expect(await changes(mounts, overlay([at("two"), at("one")]))).toEqual([]);
    expect(await changes(bind(at("view")), overlay([at("two"), at("one")]))).toEqual([]);
  });

  it("mounts when the upper directory is not empty, and leaves nothing mounted", async () => {
    await put("one", ...lower);
    const mounts = overlay([at("one")], at("upper"));
    await differ.apply(layer(f("d/first", "1")), mounts);
    await differ.apply(layer(f("d/second", "2"), "d/.wh.first", "d/.wh.keep"), mounts);
    expect(await changes(bind(at("one")), mounts)).toEqual(["C /d", "D /d/keep", "A /d/second"]);
    expect(mounted).toEqual([]);
    const hostile = differ.apply(layer(f("x", "1"), f("x/y", "2")), mounts);
    await expect(hostile).rejects.toMatchObject({ code: "invalid-argument" });
    expect(mounted).toEqual([]);
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(base);
  });

  it("a full walk sees what the kernel shows of three layers", async () => {
    await put("one", ...lower);
    await differ.apply(layer("d/", "d/.wh..wh..opq", f("d/2", "2"), ".wh.file"), overlay([at("one")], at("two")));
    await differ.apply(
      layer(f("d/3", "3"), f("file", "again"), "tmp/.wh.nothing"),
      overlay([at("two"), at("one")], at("upper")),
    );
    const mounts = overlay([at("two"), at("one")], at("upper"));
    await mounter.mount(mounts, at("view"));
    expect(await changes(mounts, bind(at("view")))).toEqual([]);
    expect(await treeOf(trees, at("view"))).toEqual(["d/", "d/2=2", "d/3=3", "file=again", "link -> d", "tmp/"]);
  });
});

it("a file that vanishes or changes while it is packed leaves the archive whole", async () => {
  await put("one", f("a", "x".repeat(3000)), f("b", "y".repeat(3000)), f("c", "z"));
  const stream = exportTree(trees, at("one"))[Symbol.asyncIterator]();
  const parts = [(await stream.next()).value as Uint8Array];
  rmSync(at("one/b"));
  writeFileSync(at("one/c"), "much longer now");
  for (let next = await stream.next(); !next.done; next = await stream.next()) parts.push(next.value);
  const found = await listing(
    (async function* () {
      yield* parts;
    })(),
  );
  expect(found.map(({ path }) => path)).toEqual(["", "a", "c"]);
  expect(existsSync(at("one/a"))).toBe(true);
});
