import { execFileSync } from "node:child_process";
import { lchownSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { chmod, chown, link, mkdir, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Mount } from "@gantry/core";
import { collect, expectError, temporaryDirectory } from "@gantry/testkit";
import { describe, expect, test } from "vitest";

import { OverlayDriver } from "../src/index.ts";

const isRoot = process.geteuid?.() === 0;
const suffix = isRoot ? "" : " (skipped: needs root)";

async function withDriver(work: (driver: OverlayDriver, root: string) => Promise<void>): Promise<void> {
  await using directory = await temporaryDirectory();
  await work(new OverlayDriver({ root: directory.path }), directory.path);
}

async function withMount(mounts: readonly Mount[], work: (target: string) => Promise<void>): Promise<void> {
  await using directory = await temporaryDirectory();
  for (const { type, source, options } of mounts) {
    execFileSync("mount", ["-t", type, "-o", options.join(","), source, directory.path]);
  }
  try {
    await work(directory.path);
  } finally {
    for (const _ of mounts) execFileSync("umount", [directory.path]);
  }
}

function contentOf([mount]: readonly Mount[]): string {
  return mount!.source;
}

describe.skipIf(!isRoot)(`OverlayDriver's mounts${suffix}`, () => {
  test("fit the kernel at the maximum depth, in a root of 100 characters", async () => {
    await using directory = await temporaryDirectory();
    const driver = new OverlayDriver({ root: join(directory.path, "r".repeat(100 - directory.path.length)) });
    const { maximumDepth } = driver.features;
    for (let level = 1; level <= maximumDepth; level += 1) {
      await driver.prepare("active", level === 1 ? undefined : `${level - 1}`);
      await driver.commit(`${level}`, "active");
    }
    const mounts = await driver.prepare("container", `${maximumDepth}`);
    expect(mounts[0]!.options[0]!.split(":")).toHaveLength(maximumDepth);
    await withMount(mounts, (target) => writeFile(join(target, "file"), ""));
    await withMount(await driver.view("view", `${maximumDepth}`), async (target) => {
      await expect(writeFile(join(target, "file"), "")).rejects.toMatchObject({ code: "EROFS" });
    });
  });

  test("show the parent root's mode and owner in the child, over many layers", () =>
    withDriver(async (driver) => {
      const content = contentOf(await driver.prepare("active", undefined));
      await chown(content, 1000, 2000);
      await chmod(content, 0o2750);
      await driver.commit("one", "active");
      await driver.prepare("active", "one");
      await driver.commit("two", "active");
      await withMount(await driver.prepare("container", "two"), async (target) => {
        const { mode, uid, gid } = await stat(target);
        expect([(mode & 0o7777).toString(8), uid, gid]).toEqual(["2750", 1000, 2000]);
      });
    }));

  test("stay the same when a snapshot is committed while it is a parent's sibling", () =>
    withDriver(async (driver) => {
      await driver.prepare("a", undefined);
      await driver.commit("base", "a");
      const mounts = await driver.prepare("b", "base");
      await driver.prepare("c", "base");
      await driver.commit("other", "c");
      expect(await driver.mounts("b")).toEqual(mounts);
    }));
});

describe.skipIf(!isRoot)(`OverlayDriver after a crash${suffix}`, () => {
  test("removes directories without a record and uses their numbers again", () =>
    withDriver(async (driver, root) => {
      await driver.prepare("kept", undefined);
      for (const name of ["1", "2/fs/deep", "3/work/work", "zz/fs"])
        mkdirSync(join(root, "s", name), { recursive: true });
      writeFileSync(join(root, "s/2/fs/deep/file"), "");
      const next = new OverlayDriver({ root });
      await next.start();
      expect(readdirSync(join(root, "s"))).toEqual(["0"]);
      expect((await collect(next.list())).map(({ key }) => key)).toEqual(["kept"]);
      await next.prepare("a", undefined);
      expect(readdirSync(join(root, "s")).toSorted()).toContain("0");
    }));

  test("a commit that was cut short before its rename has not happened and can be repeated", () =>
    withDriver(async (driver, root) => {
      await driver.prepare("active", undefined);
      symlinkSync("committed - 1 layer", join(root, "s/0/record.new"));
      const next = new OverlayDriver({ root });
      expect((await collect(next.list())).map(({ kind }) => kind)).toEqual(["active"]);
      await next.commit("layer", "active");
      expect((await next.stat("layer")).kind).toBe("committed");
      expect(readdirSync(join(root, "s/0")).toSorted()).toEqual(["fs", "record"]);
    }));

  test("a removal that was cut short has happened", () =>
    withDriver(async (driver, root) => {
      const content = contentOf(await driver.prepare("active", undefined));
      await writeFile(join(content, "file"), "");
      await unlink(join(root, "s/0/record"));
      const next = new OverlayDriver({ root });
      expect(await collect(next.list())).toEqual([]);
      expect(readdirSync(join(root, "s"))).toEqual([]);
    }));

  test.each(["nonsense", "committed 7 1 key", "active - x key"])(
    "a damaged record %j stops the start and is named",
    (record) =>
      withDriver(async (driver, root) => {
        await driver.prepare("a", undefined);
        rmSync(join(root, "s/0/record"));
        symlinkSync(record, join(root, "s/0/record"));
        const error = await expectError("internal", () => new OverlayDriver({ root }).start());
        expect(error.message).toContain(join(root, "s/0"));
      }),
  );

  test("keys with line ends, spaces and other alphabets come back", () =>
    withDriver(async (driver, root) => {
      const keys = ["a b", "line\nend", "☕", " - 1 x", "x".repeat(255)];
      for (const key of keys) await driver.prepare(key, undefined);
      expect((await collect(new OverlayDriver({ root }).list())).map(({ key }) => key).toSorted()).toEqual(
        keys.toSorted(),
      );
      expect(readlinkSync(join(root, "s/0/record"))).toMatch(/^active - \d+ a b$/);
    }));
});

describe.skipIf(!isRoot)(`OverlayDriver's content${suffix}`, () => {
  test("is removed whatever is in it: deep paths, names that are no text, other owners, overlayfs's own work", () =>
    withDriver(async (driver, root) => {
      const content = contentOf(await driver.prepare("a", undefined));
      const before = process.cwd();
      try {
        process.chdir(content);
        for (let level = 0; level < 50; level += 1) {
          mkdirSync("d".repeat(200));
          process.chdir("d".repeat(200));
        }
        writeFileSync(Buffer.from([0xff, 0xfe]), "");
      } finally {
        process.chdir(before);
      }
      symlinkSync("/etc", join(content, "link"));
      lchownSync(join(content, "link"), 5, 5);
      mkdirSync(join(root, "s/0/work/work"), { mode: 0 });
      expect((await driver.usage("a")).inodes).toBeGreaterThan(10);
      await driver.remove("a");
      expect(readdirSync(join(root, "s"))).toEqual([]);
      expect((await stat("/etc")).isDirectory()).toBe(true);
    }));

  test("is counted in allocated blocks, hard links once, holes not at all", () =>
    withDriver(async (driver) => {
      const content = contentOf(await driver.prepare("a", undefined));
      const empty = await driver.usage("a");
      expect(empty.inodes).toBe(1);
      await writeFile(join(content, "file"), Buffer.alloc(1024 * 1024, 1));
      await link(join(content, "file"), join(content, "again"));
      execFileSync("truncate", ["-s", "1G", join(content, "hole")]);
      const { bytes, inodes } = await driver.usage("a");
      expect(inodes).toBe(3);
      expect(bytes - empty.bytes).toBeGreaterThanOrEqual(1024 * 1024);
      expect(bytes - empty.bytes).toBeLessThan(1.1 * 1024 * 1024);
    }));

  test("has nothing of the parent's in it", () =>
    withDriver(async (driver) => {
      const content = contentOf(await driver.prepare("a", undefined));
      for (let index = 0; index < 200; index += 1) await writeFile(join(content, `${index}`), "content");
      await driver.commit("layer", "a");
      await driver.prepare("container", "layer");
      expect((await driver.usage("container")).inodes).toBe(1);
    }));
});

describe.skipIf(!isRoot)(`OverlayDriver's root${suffix}`, () => {
  test("on an overlayfs is unsupported, named with the remedy", async () => {
    await using directory = await temporaryDirectory();
    for (const name of ["lower", "upper", "work"]) await mkdir(join(directory.path, name));
    const [lower, upper, work] = ["lower", "upper", "work"].map((name) => join(directory.path, name));
    const options = [`lowerdir=${lower}`, `upperdir=${upper}`, `workdir=${work}`];
    await withMount([{ type: "overlay", source: "overlay", options }], async (target) => {
      const root = join(target, "root");
      const error = await expectError("unsupported", () => new OverlayDriver({ root }).start());
      expect(error.message).toContain(root);
      expect(error.message).toMatch(/overlayfs.*vfs-driver/);
    });
  });

  test("on a full disk is unavailable, and leaves nothing half made", () =>
    withMount([{ type: "tmpfs", source: "tmpfs", options: ["nr_inodes=12"] }], async (root) => {
      const driver = new OverlayDriver({ root });
      await driver.prepare("a", undefined);
      // 12 inodes hold the root, `s` and two snapshots of four.
      await driver.prepare("b", undefined);
      const error = await expectError("unavailable", () => driver.prepare("c", undefined));
      expect(error.message).toMatch(/disk is full/);
      await expectError("not-found", () => driver.stat("c"));
      await driver.remove("a");
      await driver.prepare("c", undefined);
      expect((await collect(driver.list())).map(({ key }) => key)).toEqual(["b", "c"]);
    }));

  test("that cannot be made is an error that names it", async () => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, "file"), "");
    const root = join(directory.path, "file/below");
    const error = await expectError("internal", () => new OverlayDriver({ root }).start());
    expect(error.message).toContain(root);
  });
});
