import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { encodePath } from "@gantry/core";
import type { TreeEntry, TreeMetadata } from "@gantry/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { HelperFileTree } from "../src/file-tree.ts";

const tree = new HelperFileTree();
let base: string;
let root: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "gantry-tree-"));
  root = join(base, "root");
  mkdirSync(root);
});
afterEach(async () => {
  await tree.stop();
  rmSync(base, { recursive: true, force: true });
});

const meta = (over: Partial<TreeMetadata> = {}): TreeMetadata => ({
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 1_600_000_000_123_456_789n,
  xattrs: new Map(),
  ...over,
});

async function* bytes(...parts: (string | Uint8Array)[]) {
  for (const part of parts) yield typeof part === "string" ? Buffer.from(part) : part;
}

async function all(options = {}): Promise<TreeEntry[]> {
  return Array.fromAsync(tree.walk(root, options));
}

const text = async (path: string) => Buffer.concat(await Array.fromAsync(tree.read(root, path))).toString();

describe("what is written is read back exactly", () => {
  it("modes, owners, nanosecond times and attributes of every kind of entry", async () => {
    const capability = Uint8Array.of(1, 0, 0, 2, 0x80, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    const writer = await tree.writer(root);
    await writer.directory(
      "dir",
      meta({ mode: 0o1777, uid: 12, gid: 34, xattrs: new Map([["user.d", Uint8Array.of(0xff, 0)]]) }),
    );
    await writer.file(
      "dir/suid",
      meta({ mode: 0o6755, uid: 1000, gid: 1001, xattrs: new Map([["security.capability", capability]]) }),
      5,
      bytes("he", "llo"),
    );
    await writer.file("dir/empty", meta({ mtime: -1n }), 0, bytes());
    await writer.symlink(
      "dir/link",
      meta({ uid: 7, mtime: 1n, xattrs: new Map([["trusted.x", Uint8Array.of(1)]]) }),
      "../../etc/passwd",
    );
    await writer.hardLink("dir/suid2", "dir/suid");
    await writer.node("dir/null", meta({ mode: 0o666 }), { type: "character-device", major: 1, minor: 3 });
    await writer.node("dir/loop", meta({ mode: 0o660 }), { type: "block-device", major: 7, minor: 300 });
    await writer.node("dir/fifo", meta({ mode: 0o600, mtime: 2_000_000_000_999_999_999n }), { type: "fifo" });
    await writer.node("dir/socket", meta(), { type: "socket" });
    await writer.close();

    const entries = new Map((await all()).map((entry) => [entry.path, entry]));
    expect([...entries.keys()]).toEqual([
      "",
      "dir",
      ...["empty", "fifo", "link", "loop", "null", "socket", "suid", "suid2"].map((n) => `dir/${n}`),
    ]);
    expect(entries.get("dir")).toMatchObject({
      type: "directory",
      mode: 0o1777,
      uid: 12,
      gid: 34,
      mtime: 1_600_000_000_123_456_789n,
    });
    expect([...entries.get("dir")!.xattrs]).toEqual([["user.d", Uint8Array.of(0xff, 0)]]);
    expect(entries.get("dir/suid")).toMatchObject({
      type: "file",
      mode: 0o6755,
      uid: 1000,
      gid: 1001,
      size: 5,
      links: 2,
    });
    expect(entries.get("dir/suid")!.xattrs.get("security.capability")).toEqual(capability);
    expect(entries.get("dir/suid2")!.inode).toBe(entries.get("dir/suid")!.inode);
    expect(entries.get("dir/empty")).toMatchObject({ size: 0, mtime: -1n });
    expect(entries.get("dir/link")).toMatchObject({
      type: "symlink",
      linkTarget: "../../etc/passwd",
      uid: 7,
      mtime: 1n,
      size: 0,
    });
    expect(entries.get("dir/link")!.xattrs.get("trusted.x")).toEqual(Uint8Array.of(1));
    expect(entries.get("dir/null")).toMatchObject({
      type: "character-device",
      mode: 0o666,
      device: { major: 1, minor: 3 },
    });
    expect(entries.get("dir/loop")).toMatchObject({ type: "block-device", device: { major: 7, minor: 300 } });
    expect(entries.get("dir/fifo")).toMatchObject({ type: "fifo", mode: 0o600, mtime: 2_000_000_000_999_999_999n });
    expect(entries.get("dir/socket")).toMatchObject({ type: "socket" });
    expect(await text("dir/suid2")).toBe("hello");
  });

  it("trees that are deeper than any path can name", async () => {
    const depth = 5000;
    execFileSync("perl", ["-e", `for (1..${depth}) { mkdir "d" or die; chdir "d" or die }`], { cwd: root });
    let deepest = "";
    for await (const { path } of tree.walk(root)) deepest = path;
    expect(deepest.length).toBe(2 * depth - 1);
    const writer = await tree.writer(root);
    await writer.remove("d");
    await writer.close();
    expect((await all()).length).toBe(1);
  });

  it("names that are not UTF-8, long names, deep trees", async () => {
    const odd = "na\udcffme \n'\"é";
    const deep = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(90, "d")).join("/");
    const writer = await tree.writer(root);
    await writer.file(odd, meta(), 1, bytes("x"));
    await writer.symlink("link", meta(), "\udcfe");
    await writer.file(`${deep}/leaf`, meta(), 1, bytes("y"));
    await writer.file("n".repeat(255), meta(), 1, bytes("z"));
    await writer.close();
    const paths = (await all()).map((entry) => entry.path);
    expect(paths).toContain(odd);
    expect(paths).toContain(`${deep}/leaf`);
    expect(lstatSync(Buffer.concat([Buffer.from(`${root}/`), encodePath(odd)])).size).toBe(1);
    expect((await tree.lookup(root, "link"))?.linkTarget).toBe("\udcfe");
    expect(await text(odd)).toBe("x");
    expect(await text(`${deep}/leaf`)).toBe("y");
  });

  it("walks siblings in byte order, also beneath a directory", async () => {
    const writer = await tree.writer(root);
    for (const path of ["b/z", "b/a", "a.txt", "a/x", "B", "é", "\udcff"]) await writer.file(path, meta(), 0, bytes());
    await writer.close();
    expect((await all()).map((entry) => entry.path)).toEqual([
      "",
      "B",
      "a",
      "a/x",
      "a.txt",
      "b",
      "b/a",
      "b/z",
      "é",
      "\udcff",
    ]);
    expect((await all({ beneath: "b" })).map((entry) => entry.path)).toEqual(["b", "b/a", "b/z"]);
    expect((await all({ beneath: "b/z" })).map((entry) => entry.path)).toEqual(["b/z"]);
  });
});

describe("nothing is written outside the root", () => {
  it("links in a path are resolved beneath it", async () => {
    const outside = join(base, "outside");
    mkdirSync(outside);
    for (const [name, target] of Object.entries({
      absolute: outside,
      relative: "../outside",
      up: "../../../../../../..",
    }))
      symlinkSync(target, join(root, name));
    const writer = await tree.writer(root);
    for (const name of ["absolute", "relative", "up"]) await writer.file(`${name}/passwd`, meta(), 1, bytes("x"));
    await writer.close();
    expect(execFileSync("find", [outside]).toString().trim()).toBe(outside);
    expect(existsSync(join(base, "passwd"))).toBe(false);
    expect(readFileSync(join(root, "passwd"), "utf8")).toBe("x");
    expect(readFileSync(join(root, "outside/passwd"), "utf8")).toBe("x");
    expect(readFileSync(join(root, outside, "passwd"), "utf8")).toBe("x");
  });

  it("the last component is never followed", async () => {
    const victim = join(base, "victim");
    writeFileSync(victim, "safe");
    const before = lstatSync(victim, { bigint: true });
    for (const name of ["file", "directory", "node", "link"]) symlinkSync(victim, join(root, name));
    const writer = await tree.writer(root);
    await writer.file("file", meta({ mode: 0o777 }), 3, bytes("bad"));
    await writer.directory("directory", meta({ mode: 0o777 }));
    await writer.node("node", meta({ mode: 0o777 }), { type: "fifo" });
    await writer.symlink("link", meta({ uid: 5 }), victim);
    await writer.remove("node");
    await writer.close();
    const after = lstatSync(victim, { bigint: true });
    expect(readFileSync(victim, "utf8")).toBe("safe");
    expect([after.mode, after.uid, after.mtimeNs, after.ctimeNs]).toEqual([
      before.mode,
      before.uid,
      before.mtimeNs,
      before.ctimeNs,
    ]);
    expect(lstatSync(join(root, "file")).isFile()).toBe(true);
    expect(lstatSync(join(root, "directory")).isDirectory()).toBe(true);
  });

  it("a hard link cannot reach a file outside", async () => {
    writeFileSync(join(base, "secret"), "secret");
    symlinkSync(base, join(root, "out"));
    const writer = await tree.writer(root);
    await writer.hardLink("stolen", "out/secret");
    await expect(writer.close()).rejects.toMatchObject({ code: "invalid-argument", details: { path: "stolen" } });
    expect(lstatSync(join(base, "secret")).nlink).toBe(1);
  });

  it("lookup and read stay inside, too", async () => {
    writeFileSync(join(base, "secret"), "secret");
    symlinkSync("../secret", join(root, "relative"));
    symlinkSync("/secret", join(root, "absolute"));
    symlinkSync("..", join(root, "up"));
    expect(await tree.lookup(root, "up/secret")).toBeUndefined();
    for (const path of ["relative", "absolute", "up/secret"])
      await expect(text(path)).rejects.toMatchObject({ code: "not-found" });
    writeFileSync(join(root, "secret"), "inner");
    for (const path of ["relative", "absolute", "up/secret"]) expect(await text(path)).toBe("inner");
  });
});

describe("the writer's contract", () => {
  it("replaces what is there; a directory keeps its content and loses the attributes that it had", async () => {
    let writer = await tree.writer(root);
    await writer.file("dir/keep", meta(), 4, bytes("keep"));
    await writer.directory("dir", meta({ mode: 0o700, xattrs: new Map([["user.old", Uint8Array.of(1)]]) }));
    await writer.file("full/of/things", meta(), 0, bytes());
    await writer.file("file", meta({ mode: 0o4755 }), 3, bytes("old"));
    await writer.close();
    writer = await tree.writer(root);
    await writer.directory("dir", meta({ mode: 0o755 }));
    await writer.file("full", meta(), 3, bytes("new"));
    await writer.file("file", meta({ mode: 0o600 }), 3, bytes("new"));
    await writer.close();
    expect(await tree.lookup(root, "dir")).toMatchObject({ mode: 0o755, xattrs: new Map() });
    expect(await text("dir/keep")).toBe("keep");
    expect(await text("full")).toBe("new");
    expect(await tree.lookup(root, "file")).toMatchObject({ mode: 0o600, links: 1 });
  });

  it("keeps the times of directories, whatever is written into them later", async () => {
    const writer = await tree.writer(root);
    await writer.directory("", meta({ mode: 0o755, mtime: 5n }));
    await writer.directory("a", meta({ mode: 0o755, mtime: 6_000_000_007n }));
    await writer.file("a/b", meta(), 0, bytes());
    await writer.remove("a/b");
    await writer.close();
    expect((await all()).map((entry) => entry.mtime)).toEqual([5n, 6_000_000_007n]);
  });

  it("makes missing parents with mode 0755 and owner 0:0, also where a link leads to nothing", async () => {
    symlinkSync("/run/inner", join(root, "var"));
    const writer = await tree.writer(root);
    await writer.file("x/y/z", meta({ uid: 9 }), 0, bytes());
    await writer.file("var/pid", meta(), 0, bytes());
    await writer.close();
    expect(await tree.lookup(root, "x/y")).toMatchObject({ type: "directory", mode: 0o755, uid: 0, gid: 0 });
    expect(existsSync(join(root, "run/inner/pid"))).toBe(true);
  });

  it("removes trees, clears directories, and takes a missing entry for removed", async () => {
    const writer = await tree.writer(root);
    for (const path of ["a/b/c/d", "a/e", "b/f/g", "b/h"]) await writer.file(path, meta(), 0, bytes());
    await writer.symlink("b/link", meta(), "/etc");
    await writer.remove("a");
    await writer.remove("a/b/c");
    await writer.remove("nothing/at/all");
    await writer.clear("b");
    await writer.clear("nothing");
    await writer.close();
    expect((await all()).map((entry) => entry.path)).toEqual(["", "b"]);
    expect(existsSync("/etc/passwd")).toBe(true);
  });

  it("takes a hard link over an existing entry, and over itself", async () => {
    const writer = await tree.writer(root);
    await writer.file("a", meta(), 1, bytes("a"));
    await writer.file("b/c", meta(), 1, bytes("b"));
    await writer.hardLink("b", "a");
    await writer.hardLink("b", "a");
    await writer.close();
    expect(await tree.lookup(root, "b")).toMatchObject({ links: 2, type: "file" });
  });

  it("keeps a large file whole", async () => {
    const chunk = Buffer.alloc(1 << 20, 7);
    const writer = await tree.writer(root);
    await writer.file("big", meta(), 64 << 20, bytes(...Array.from({ length: 64 }, () => chunk)));
    await writer.close();
    let size = 0;
    for await (const part of tree.read(root, "big") as AsyncIterable<Buffer>) {
      size += part.length;
      expect(part.equals(chunk.subarray(0, part.length))).toBe(true);
    }
    expect(size).toBe(64 << 20);
  });
});

describe("errors", () => {
  const failing: Record<
    string,
    [path: string, code: string, write?: (w: Awaited<ReturnType<typeof tree.writer>>) => Promise<void>]
  > = {
    "a path that leads up": ["../x", "invalid-argument"],
    "dots inside": ["a/../../x", "invalid-argument"],
    "an absolute path": ["/x", "invalid-argument"],
    "a NUL": ["a\0b", "invalid-argument"],
    "a trailing slash": ["a/", "invalid-argument"],
    "the root as a file": ["", "invalid-argument"],
    "a name of 256 bytes": ["n".repeat(256), "invalid-argument"],
    "a file as parent": ["file/x", "invalid-argument"],
    "a loop of links": ["loop/x", "invalid-argument"],
    "a hard link to nothing": ["h", "invalid-argument", (w) => w.hardLink("h", "nothing")],
    "a hard link to a directory": ["h", "invalid-argument", (w) => w.hardLink("h", "dir")],
    "an attribute of no namespace": [
      "n",
      "forbidden",
      (w) => w.directory("n", meta({ xattrs: new Map([["none", Uint8Array.of(1)]]) })),
    ],
    "an owner that cannot be": ["o", "invalid-argument", (w) => w.directory("o", meta({ uid: 0xffffffff }))],
    "an empty link target": ["s", "invalid-argument", (w) => w.symlink("s", meta(), "")],
    "more content than announced": ["m", "invalid-argument", (w) => w.file("m", meta(), 1, bytes("xx"))],
    "less content than announced": ["m", "invalid-argument", (w) => w.file("m", meta(), 3, bytes("xx"))],
  };
  it.each(Object.entries(failing))("%s", async (_, [path, code, write]) => {
    writeFileSync(join(root, "file"), "");
    mkdirSync(join(root, "dir"));
    symlinkSync("loop", join(root, "loop"));
    const writer = await tree.writer(root);
    const attempt = async () => {
      await (write ? write(writer) : writer.file(path, meta(), 0, bytes()));
      await writer.directory("later", meta());
      await writer.close();
    };
    const reported = path.includes("\0") ? "" : path;
    await expect(attempt()).rejects.toMatchObject({ code, details: { path: reported } });
    await expect(writer.directory("after", meta())).rejects.toMatchObject({ code });
    await writer.abort();
    expect(existsSync(join(root, "later"))).toBe(false);
  });

  it("a missing root, entry or binary", async () => {
    await expect(tree.writer(join(base, "nothing"))).rejects.toMatchObject({ code: "not-found" });
    await expect(Array.fromAsync(tree.walk(join(base, "nothing")))).rejects.toMatchObject({ code: "not-found" });
    await expect(all({ beneath: "nothing" })).rejects.toMatchObject({ code: "not-found" });
    await expect(text("nothing")).rejects.toMatchObject({ code: "not-found" });
    await expect(text("")).rejects.toMatchObject({ code: "invalid-argument" });
    expect(await tree.lookup(root, "nothing/at/all")).toBeUndefined();
  });

  it("never opens a FIFO or a device to read it", async () => {
    const writer = await tree.writer(root);
    await writer.node("fifo", meta(), { type: "fifo" });
    await writer.node("zero", meta(), { type: "character-device", major: 1, minor: 5 });
    await writer.close();
    for (const path of ["fifo", "zero"]) await expect(text(path)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("an abort ends a writer and a walk; abort after close is safe", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const writer = await tree.writer(root, { signal: controller.signal });
    controller.abort(reason);
    await expect(writer.directory("x", meta())).rejects.toBe(reason);
    await writer.abort();
    await expect(all({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const other = await tree.writer(root);
    await other.close();
    await other.abort();
    await other.close();
  });

  it("content that fails ends the file with its error", async () => {
    const writer = await tree.writer(root);
    async function* broken() {
      yield Buffer.from("x");
      throw new Error("torn");
    }
    await expect(writer.file("f", meta(), 10, broken())).rejects.toThrow("torn");
    await writer.abort();
  });
});

it("answers thousands of lookups from one process, many at once", async () => {
  writeFileSync(join(root, "f"), "x");
  const answers = await Promise.all(Array.from({ length: 20 }, () => tree.lookup(root, "f")));
  expect(answers.every((entry) => entry?.size === 1)).toBe(true);
  for (let index = 0; index < 2000; index += 1) expect(await tree.lookup(root, "f")).toBeDefined();
});
