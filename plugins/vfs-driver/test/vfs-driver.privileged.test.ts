import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { chown, link, lstat, mkdir, stat, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Mount, TreeEntry } from "@gantry/core";
import { HelperFileTree } from "@gantry/linux";
import { collect, expectError, temporaryDirectory } from "@gantry/testkit";
import { describe, expect, test } from "vitest";

import { VfsDriver } from "../src/index.ts";

const isRoot = process.geteuid?.() === 0;

async function withDriver(
  work: (driver: VfsDriver, root: string, tree: HelperFileTree) => Promise<void>,
): Promise<void> {
  await using directory = await temporaryDirectory();
  const tree = new HelperFileTree();
  try {
    await work(new VfsDriver({ root: directory.path }, tree), directory.path, tree);
  } finally {
    await tree.stop();
  }
}

function contentOf([mount]: readonly Mount[]): string {
  return mount!.source;
}

/** All that a copy must keep. */
async function factsOf(tree: HelperFileTree, root: string): Promise<unknown[]> {
  const plain = (entry: TreeEntry) => ({ ...entry, xattrs: [...entry.xattrs], inode: "any", ctime: 0n });
  return (await collect(tree.walk(root))).map(plain);
}

describe.skipIf(!isRoot)(`a copy of VfsDriver${isRoot ? "" : " (skipped: needs root)"}`, () => {
  test("keeps every kind of entry with all that belongs to it", () =>
    withDriver(async (driver, _, tree) => {
      const content = contentOf(await driver.prepare("a", undefined));
      await mkdir(join(content, "dir"), { mode: 0o1777 });
      await writeFile(join(content, "dir/large"), Buffer.alloc(3_000_000, "content"));
      await writeFile(join(content, "tool"), "", { mode: 0o755 });
      await chown(join(content, "tool"), 1234, 5678);
      execFileSync("chmod", ["6755", join(content, "tool")]);
      await link(join(content, "tool"), join(content, "dir/same tool"));
      await symlink("/somewhere/else", join(content, "link"));
      writeFileSync(Buffer.concat([Buffer.from(`${content}/`), Buffer.of(0xff, 0x20)]), "no text");
      execFileSync("mknod", [join(content, "device"), "c", "1", "3"]);
      execFileSync("mkfifo", [join(content, "fifo")]);
      execFileSync("touch", ["-d", "2001-02-03T04:05:06.123456789Z", join(content, "tool"), join(content, "dir")]);
      await chown(content, 42, 43);
      await driver.commit("layer", "a");
      const copy = contentOf(await driver.prepare("container", "layer"));
      const facts = await factsOf(tree, copy);
      expect(facts).toEqual(await factsOf(tree, content));
      expect(facts.length).toBeGreaterThanOrEqual(9);
      const [one, two] = [await lstat(join(copy, "tool")), await lstat(join(copy, "dir/same tool"))];
      expect(one.ino).toBe(two.ino);
      expect(one.ino).not.toBe((await lstat(join(content, "tool"))).ino);
    }));

  test("that was cut short is removed at the next start", () =>
    withDriver(async (driver, root, tree) => {
      await driver.prepare("kept", undefined);
      await driver.prepare("half", undefined);
      await unlink(join(root, "s/1/record"));
      mkdirSync(join(root, "s/1/fs/deep"));
      const next = new VfsDriver({ root }, tree);
      expect((await collect(next.list())).map(({ key }) => key)).toEqual(["kept"]);
      expect(readdirSync(join(root, "s"))).toEqual(["0"]);
    }));

  test("that fills the disk is unavailable and leaves nothing", async () => {
    await using directory = await temporaryDirectory();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", directory.path]);
    const tree = new HelperFileTree();
    try {
      const driver = new VfsDriver({ root: directory.path }, tree);
      const content = contentOf(await driver.prepare("a", undefined));
      await writeFile(join(content, "large"), Buffer.alloc(2 * 1024 * 1024, 1));
      await driver.commit("layer", "a");
      await expectError("unavailable", () => driver.prepare("container", "layer"));
      await expectError("not-found", () => driver.stat("container"));
      expect(readdirSync(join(directory.path, "s"))).toEqual(["0"]);
      await driver.remove("layer");
      await driver.prepare("container", undefined);
    } finally {
      await tree.stop();
      execFileSync("umount", ["-l", directory.path]);
    }
  });

  test("counts whole, a view counts nothing", () =>
    withDriver(async (driver) => {
      const content = contentOf(await driver.prepare("a", undefined));
      await writeFile(join(content, "file"), Buffer.alloc(1024 * 1024, 1));
      await driver.commit("layer", "a");
      await driver.prepare("container", "layer");
      await driver.view("view", "layer");
      expect((await driver.usage("container")).bytes).toBeGreaterThanOrEqual(1024 * 1024);
      expect(await driver.usage("view")).toEqual({ bytes: 0, inodes: 0 });
      expect((await stat(content)).isDirectory()).toBe(true);
    }));
});
