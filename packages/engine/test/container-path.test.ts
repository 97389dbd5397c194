import type { TreeEntry } from "@gantry/core";
import { MemoryFileTree } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { archiveNames, parseContainerPath } from "../src/files/container-path.ts";
import { pathStat } from "../src/files/path-stat.ts";
import { readOnlyMounts } from "../src/files/read-only-mounts.ts";
import { resolveBeneath } from "../src/files/resolve-beneath.ts";

const metadata = { uid: 0, gid: 0, mode: 0o755, mtime: 0n, xattrs: new Map<string, Uint8Array>() };

describe("a path in a container", () => {
  it.for([
    ["/a/b", "/a/", "b", "b"],
    ["a/../b/", "/b/", "", "b"],
    ["/a/b/.", "/a/b/", "", "."],
    ["../../a", "/", "a", "a"],
    ["/", "/", "", "/"],
    [".", "/", "", "."],
    ["/..", "/", "", "/"],
  ])("%s", ([text, directory, name, title]) => {
    expect(parseContainerPath(text!)).toMatchObject({ directory, name, title });
  });

  it("is not empty, and has no NUL", () => {
    expect(() => parseContainerPath("")).toThrow("path cannot be empty");
    expect(() => parseContainerPath("a\0b")).toThrow("path cannot be empty");
  });

  it("gives entries the names that docker's client expects", () => {
    expect(["d", "d/f"].map(archiveNames("d", "d"))).toEqual(["d", "d/f"]);
    expect(["x/d", "x/d/f"].map(archiveNames(".", "x/d"))).toEqual([".", "./f"]);
    expect(["", "etc/f"].map(archiveNames("/", ""))).toEqual(["/", "/etc/f"]);
    expect(["", "etc"].map(archiveNames(".", ""))).toEqual([".", "./etc"]);
    expect(["target", "target/f"].map(archiveNames("link", "target"))).toEqual(["link", "link/f"]);
  });
});

describe("links", () => {
  it("lead beneath the root, whatever they say", async () => {
    const tree = new MemoryFileTree("/r");
    const writer = await tree.writer("/r");
    await writer.directory("d/e", metadata);
    const links = { up: "../../../d", absolute: "/d/e", chain: "up/e", round: "again", again: "round", gone: "none/x" };
    for (const [name, target] of Object.entries(links)) await writer.symlink(name, metadata, target);
    await writer.symlink("d/out", metadata, "../../../../etc");
    await writer.close();
    const resolve = (path: string, last = true) => resolveBeneath(tree, "/r", path, { last });
    expect(await resolve("/up/e/..")).toBe("d");
    expect(await resolve("/absolute")).toBe("d/e");
    expect(await resolve("/chain/x")).toBe("d/e/x");
    expect(await resolve("/d/out/passwd")).toBe("etc/passwd");
    expect(await resolve("/gone")).toBe("none/x");
    expect(await resolve("/up", false)).toBe("up");
    expect(await resolve("/../..")).toBe("");
    await expect(resolve("/round")).rejects.toThrow("too many links");
  });
});

describe("what a path is", () => {
  const entry = (fields: Partial<TreeEntry>): TreeEntry => ({
    ...metadata,
    path: "x",
    type: "file",
    size: 3,
    inode: "1",
    links: 1,
    ctime: 0n,
    ...fields,
  });

  it.for<[Partial<TreeEntry>, number]>([
    [{ mode: 0o644 }, 0o644],
    [{ type: "directory", mode: 0o1777 }, 2 ** 31 + 2 ** 20 + 0o777],
    [{ mode: 0o6755 }, 2 ** 23 + 2 ** 22 + 0o755],
    [{ type: "symlink", mode: 0o777 }, 2 ** 27 + 0o777],
    [{ type: "character-device", mode: 0o600 }, 2 ** 26 + 2 ** 21 + 0o600],
    [{ type: "block-device", mode: 0o600 }, 2 ** 26 + 0o600],
    [{ type: "fifo", mode: 0o600 }, 2 ** 25 + 0o600],
    [{ type: "socket", mode: 0o600 }, 2 ** 24 + 0o600],
  ])("is told as Go's FileMode tells it: %o", ([fields, mode]) => {
    expect(pathStat(entry(fields), "x", "").mode).toBe(mode);
  });

  it("has a size and a time", () => {
    const mtime = 1_700_000_000_123_456_789n;
    expect(pathStat(entry({ mtime }), "n", "")).toMatchObject({
      name: "n",
      size: 3,
      mtime: "2023-11-14T22:13:20.123456789Z",
    });
    const link = entry({ type: "symlink", size: 0, linkTarget: "äb" });
    expect(pathStat(link, "n", "/äb")).toMatchObject({ size: 3, linkTarget: "/äb" });
  });
});

describe("mounts for looking", () => {
  it("turn an upper directory into a layer", () => {
    const options = ["index=off", "lowerdir=/b:/c", "upperdir=/a:1", "workdir=/w"];
    expect(readOnlyMounts([{ type: "overlay", source: "overlay", options }])).toEqual([
      { type: "overlay", source: "overlay", options: ["index=off", "lowerdir=/a\\:1:/b:/c", "ro"] },
    ]);
    expect(readOnlyMounts([{ type: "bind", source: "/x", options: ["rbind", "rw"] }])[0]!.options).toEqual([
      "rbind",
      "ro",
    ]);
  });
});
