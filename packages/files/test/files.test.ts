import { execFileSync } from "node:child_process";
import { link, mkdir, readdir, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { EngineError } from "@gantry/core";
import { temporaryDirectory } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { diskUsage, fileError, removeTree, SnapshotIndex, wrapFileErrors } from "../src/index.ts";

describe("disk usage", () => {
  it("is what du says, with each inode once and holes not at all", async () => {
    await using dir = await temporaryDirectory();
    await mkdir(join(dir.path, "a/b"), { recursive: true });
    await writeFile(join(dir.path, "a/big"), Buffer.alloc(300_000, 1));
    await link(join(dir.path, "a/big"), join(dir.path, "a/b/again"));
    await symlink("nowhere", join(dir.path, "a/link"));
    await writeFile(join(dir.path, "hole"), "x");
    await truncate(join(dir.path, "hole"), 10_000_000);
    const [bytes] = execFileSync("du", ["-s", "-B1", dir.path]).toString().split("\t");
    expect(await diskUsage(dir.path)).toEqual({ bytes: Number(bytes), inodes: 6 });
    expect(await diskUsage(join(dir.path, "none"))).toEqual({ bytes: 0, inodes: 0 });
    await expect(diskUsage(dir.path, AbortSignal.abort())).rejects.toThrow("abort");
  });
});

describe("removal", () => {
  it("reaches deeper than a path can name", async () => {
    await using dir = await temporaryDirectory();
    const script = `import os\nos.chdir(${JSON.stringify(dir.path)})\nfor _ in range(30):\n  os.mkdir("d" * 200)\n  os.chdir("d" * 200)\n`;
    execFileSync("python3", ["-c", script]);
    await removeTree(join(dir.path, "d".repeat(200)));
    expect(await readdir(dir.path)).toEqual([]);
    await removeTree(join(dir.path, "none"));
  });
});

describe("errors", () => {
  const failed = (code: string) => Object.assign(new Error(`${code}: failed`), { code, syscall: "open" });

  it("of the system get a code and name the errno", () => {
    expect(fileError("write x", failed("ENOSPC"))).toMatchObject({
      code: "unavailable",
      message: "could not write x: the disk is full, free some space",
      details: { errno: "ENOSPC" },
    });
    expect(fileError("write x", failed("EROFS"))).toMatchObject({ code: "forbidden" });
    expect(fileError("write x", failed("EIO"))).toMatchObject({ code: "internal" });
  });

  it("of any other kind stay what they are", () => {
    const others = [new EngineError("conflict", "taken"), new TypeError("a mistake"), "text"];
    for (const other of others) expect(fileError("write x", other)).toBe(other);
    expect(() => wrapFileErrors("read", () => readdirMissing())).toThrow("could not read");
  });

  function readdirMissing(): never {
    throw failed("ENOENT");
  }
});

describe("a snapshot index", () => {
  it("is read again as it was written, and names what belongs to nobody", async () => {
    await using dir = await temporaryDirectory();
    const index = new SnapshotIndex(dir.path);
    expect(index.load()).toEqual([]);
    index.publish(index.reserve("base", "active", undefined));
    index.commit("sha256:base", "base", 10);
    index.publish(index.reserve("odd\nkey", "active", "sha256:base"));
    const unfinished = index.reserve("unfinished", "view", "sha256:base");
    const again = new SnapshotIndex(dir.path);
    expect(again.load()).toEqual([unfinished.directory]);
    expect(again.list().map(({ key, kind, parent }) => [key, kind, parent?.key])).toEqual([
      ["sha256:base", "committed", undefined],
      ["odd\nkey", "active", "sha256:base"],
    ]);
    expect(() => again.remove("sha256:base")).toThrow("has 1 children");
    expect(() => again.get("odd")).toThrow("no such snapshot: odd");
    expect(() => again.reserve("base", "active", "odd\nkey")).toThrow('parent "odd\\nkey" is not committed');
    expect(() => again.commit("deep", "odd\nkey", 1)).toThrow("too deep");
  });
});
