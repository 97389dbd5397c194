import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { HelperMounter } from "../src/mounter.ts";
import { Bench } from "./bench.ts";

let bench: Bench;
let mounter: HelperMounter;
let target: string;
let source: string;

beforeEach(async () => {
  bench = await Bench.open();
  mounter = new HelperMounter(bench.helper);
  target = join(bench.directory, "target");
  source = join(bench.directory, "source");
  for (const directory of [target, source]) mkdirSync(directory);
  writeFileSync(join(source, "file"), "");
});
afterEach(async () => {
  await mounter.unmount(target);
  await bench.close();
});

const mountsAt = (path: string) =>
  readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .filter((line) => line.includes(` ${path} `));

describe("HelperMounter", () => {
  it("binds with flags of the mount alone", async () => {
    await mounter.mount([{ type: "bind", source, options: ["bind", "nosymfollow", "nosuid", "noatime"] }], target);
    expect(mountsAt(target)[0]).toMatch(/nosuid.*noatime.*nosymfollow/);
  });

  it("binds read-only and detaches again", async () => {
    await mounter.mount([{ type: "bind", source, options: ["rbind", "ro"] }], target);
    expect(existsSync(join(target, "file"))).toBe(true);
    expect(() => writeFileSync(join(target, "new"), "")).toThrow("EROFS");
    await mounter.unmount(target);
    expect(mountsAt(target)).toEqual([]);
  });

  it("applies a list in order and detaches all of it", async () => {
    const mounts = ["first", "second"].map((name) => ({
      type: "tmpfs",
      source: name,
      options: ["size=64k", "nosuid"],
    }));
    await mounter.mount(mounts, target);
    expect(mountsAt(target).map((line) => line.split(" ")[0])).toEqual(["first", "second"]);
    await mounter.unmount(target);
    await mounter.unmount(target);
    expect(mountsAt(target)).toEqual([]);
  });

  it("undoes a list that fails half way", async () => {
    const mounts = [
      { type: "tmpfs", source: "first", options: [] },
      { type: "no-such-fs", source: "x", options: [] },
    ];
    await expect(mounter.mount(mounts, target)).rejects.toMatchObject({ code: "unsupported" });
    expect(mountsAt(target)).toEqual([]);
  });

  it("says what is missing", async () => {
    const bind = (from: string) => [{ type: "bind", source: from, options: [] }];
    await expect(mounter.mount(bind(join(source, "none")), target)).rejects.toMatchObject({ code: "not-found" });
    await expect(mounter.mount(bind(source), join(target, "none"))).rejects.toMatchObject({ code: "not-found" });
    const refused = [{ type: "tmpfs", source: "x", options: ["no-such-option=1"] }];
    await expect(mounter.mount(refused, target)).rejects.toMatchObject({ code: "internal" });
    await mounter.unmount(join(target, "none"));
  });
});
