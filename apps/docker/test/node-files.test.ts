import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type ArchiveEntryFields, archiveEntry, tarStream } from "@gantry/archive";
import { EngineError } from "@gantry/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { nodeHost } from "../src/node-host.ts";

const { files } = nodeHost;
let directory: string;
const path = (...names: string[]): string => join(directory, ...names);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "files-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function* chunks(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of content) parts.push(part);
  return Buffer.concat(parts);
}

describe("files", () => {
  it("are told apart, links followed", async () => {
    writeFileSync(path("file"), "x");
    symlinkSync(directory, path("link"));
    const kinds = [path("file"), path("link"), "/dev/null", path("none"), path("file", "beneath")];
    expect(await Promise.all(kinds.map((name) => files.kind(name)))).toEqual([
      "file",
      "directory",
      "other",
      undefined,
      undefined,
    ]);
  });

  it("are read and written whole", async () => {
    await files.write(path("x"), chunks("one ", "two"));
    expect((await collect(files.read(path("x")))).toString()).toBe("one two");
    await files.write(path("x"), chunks("three"));
    expect(readFileSync(path("x"), "utf8")).toBe("three");
    await files.write("/dev/null", chunks("nothing"));
    expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  it("stay as they were when the content fails, and nothing is left", async () => {
    writeFileSync(path("x"), "old");
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("half");
      throw new Error("cut off");
    }
    await expect(files.write(path("x"), failing())).rejects.toThrow("cut off");
    expect([readFileSync(path("x"), "utf8"), readdirSync(directory)]).toEqual(["old", ["x"]]);
  });

  it("that cannot be used are told in one line", async () => {
    const message = `${path("none")}: no such file or directory`;
    await expect(collect(files.read(path("none")))).rejects.toMatchObject({ code: "not-found", message });
    await expect(files.write(path("no", "x"), chunks("x"))).rejects.toMatchObject({ code: "not-found" });
    await expect(collect(files.pack(path("none"), { name: "x", followLink: false }))).rejects.toMatchObject({
      code: "not-found",
    });
  });
});

describe("packing and unpacking", () => {
  beforeEach(() => {
    mkdirSync(path("tree", "inner"), { recursive: true });
    writeFileSync(path("tree", "inner", "script"), "#!/bin/sh\n".repeat(20_000));
    chmodSync(path("tree", "inner", "script"), 0o4751);
    utimesSync(path("tree", "inner", "script"), 1, 1_234_567_890.5);
    symlinkSync("../elsewhere", path("tree", "link"));
    writeFileSync(path("tree", "naïve ☕"), "");
    mkdirSync(path("out"));
  });

  it("keep everything", async () => {
    await files.unpack(files.pack(path("tree"), { name: "tree", followLink: false }), path("out"), {
      keepOwners: false,
    });
    const script = path("out", "tree", "inner", "script");
    expect(readFileSync(script, "utf8")).toBe("#!/bin/sh\n".repeat(20_000));
    expect([lstatSync(script).mode & 0o7777, lstatSync(script).mtimeMs]).toEqual([0o4751, 1_234_567_890_500]);
    expect(readlinkSync(path("out", "tree", "link"))).toBe("../elsewhere");
    expect(readdirSync(path("out", "tree"))).toEqual(["inner", "link", "naïve ☕"]);
  });

  it("may call things otherwise", async () => {
    const content = files.pack(path("tree"), { name: "", followLink: false });
    await files.unpack(content, path("out"), { keepOwners: false });
    expect(readdirSync(path("out"))).toEqual(["inner", "link", "naïve ☕"]);
    const one = files.pack(path("tree", "inner"), { name: "x", followLink: false });
    await files.unpack(one, path("out"), { rename: "y", keepOwners: false });
    expect(readdirSync(path("out", "y"))).toEqual(["script"]);
  });

  it("follow the link that is named, where that is asked for", async () => {
    symlinkSync("tree/inner/script", path("to-file"));
    const follow = files.pack(path("to-file"), { name: "x", followLink: true });
    const keep = files.pack(path("to-file"), { name: "y", followLink: false });
    for (const archive of [follow, keep]) await files.unpack(archive, path("out"), { keepOwners: false });
    expect(lstatSync(path("out", "x")).isFile()).toBe(true);
    expect(readlinkSync(path("out", "y"))).toBe("tree/inner/script");
  });

  it("understand tar(1) and are understood by it", async () => {
    writeFileSync(path("archive"), await collect(files.pack(path("tree"), { name: "t", followLink: false })));
    execFileSync("tar", ["-xf", path("archive"), "-C", path("out")]);
    expect(readdirSync(path("out", "t", "inner"))).toEqual(["script"]);
    const made = execFileSync("tar", ["-C", path("tree"), "-c", "."], { maxBuffer: 1e8 });
    mkdirSync(path("again"));
    await files.unpack(chunksOf(made), path("again"), { keepOwners: false });
    expect(readdirSync(path("again"))).toEqual(["inner", "link", "naïve ☕"]);
  });
});

async function* chunksOf(content: Buffer): AsyncGenerator<Uint8Array> {
  yield content;
}

describe("unpacking", () => {
  const unpack = (entries: readonly ArchiveEntryFields[]) =>
    files.unpack(tarStream(entries.map(archiveEntry)), path("out"), { keepOwners: false });

  beforeEach(() => {
    mkdirSync(path("out"));
    mkdirSync(path("secret"));
  });

  it("never leaves the directory by a link of the archive", async () => {
    const entries = [
      { path: "link", type: "symlink" as const, linkTarget: path("secret") },
      { path: "link/file", content: "x" },
    ];
    await expect(unpack(entries)).rejects.toThrow("link is no directory");
    await expect(unpack([{ path: "hard", type: "hard-link", linkTarget: "link/file" }])).rejects.toThrow(EngineError);
    expect(readdirSync(path("secret"))).toEqual([]);
  });

  it("never leaves the directory by a link that was there", async () => {
    symlinkSync(path("secret"), path("out", "dir"));
    symlinkSync(path("secret", "file"), path("out", "file"));
    await expect(unpack([{ path: "dir/x", content: "x" }])).rejects.toThrow(EngineError);
    await unpack([{ path: "file", content: "mine" }]);
    expect(readdirSync(path("secret"))).toEqual([]);
    expect(readFileSync(path("out", "file"), "utf8")).toBe("mine");
  });

  it("replaces files and keeps directories", async () => {
    mkdirSync(path("out", "dir"));
    writeFileSync(path("out", "dir", "old"), "old");
    await unpack([
      { path: "dir", type: "directory", mode: 0o700 },
      { path: "dir/new", content: "new" },
    ]);
    expect(readdirSync(path("out", "dir"))).toEqual(["new", "old"]);
    expect(lstatSync(path("out", "dir")).mode & 0o777).toBe(0o700);
    await expect(unpack([{ path: "dir", content: "x" }])).rejects.toThrow(
      "cannot overwrite directory with non-directory",
    );
  });

  it("keeps hard links and leaves devices out", async () => {
    await unpack([
      { path: "a", content: "x" },
      { path: "b", type: "hard-link", linkTarget: "a" },
      { path: "null", type: "character-device", device: { major: 1, minor: 3 } },
    ]);
    expect(lstatSync(path("out", "a")).ino).toBe(lstatSync(path("out", "b")).ino);
    expect(existsSync(path("out", "null"))).toBe(false);
  });

  it("makes the directory as the archive has it, and leaves one that is there as it is", async () => {
    const entries = [
      { path: "", type: "directory" as const, mode: 0o711 },
      { path: "x", content: "x" },
    ];
    await files.unpack(tarStream(entries.map(archiveEntry)), path("made"), { keepOwners: false });
    chmodSync(path("out"), 0o700);
    await unpack(entries);
    expect(["made", "out"].map((name) => lstatSync(path(name)).mode & 0o777)).toEqual([0o711, 0o700]);
    expect(readdirSync(path("made"))).toEqual(["x"]);
    const missing = files.unpack(tarStream([]), path("no", "parent"), { keepOwners: false });
    await expect(missing).rejects.toMatchObject({ code: "not-found" });
  });

  it("refuses what is no archive", async () => {
    await expect(files.unpack(chunks("no archive".repeat(100)), path("out"), { keepOwners: false })).rejects.toThrow(
      EngineError,
    );
  });

  it("is not misled by hard links in what it packs", async () => {
    mkdirSync(path("tree"));
    writeFileSync(path("tree", "a"), "same");
    linkSync(path("tree", "a"), path("tree", "b"));
    await files.unpack(files.pack(path("tree"), { name: "t", followLink: false }), path("out"), { keepOwners: false });
    expect(readFileSync(path("out", "t", "b"), "utf8")).toBe("same");
  });
});
