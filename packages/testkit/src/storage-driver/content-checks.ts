import assert from "node:assert/strict";
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  readFile,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";

import { randomContent } from "../fixtures/random-content.ts";
import { type StorageCheck, commitLayer, inspect, mounted, within, write } from "./snapshot-bench.ts";

const text = (...path: string[]): Promise<string> => readFile(join(...path), "utf8");

export const contentChecks: readonly StorageCheck[] = [
  {
    rule: "an empty snapshot is an empty directory of mode 0755",
    async run(bench) {
      await within(bench, await bench.subject.prepare("a", undefined), async (root) => {
        assert.deepEqual(await readdir(root), []);
        assert.equal(((await stat(root)).mode & 0o7777).toString(8), "755");
      });
    },
  },
  {
    rule: "the root of an empty snapshot belongs to 0:0",
    needs: ["root"],
    async run(bench) {
      const mounts = await bench.subject.prepare("a", undefined);
      const { uid, gid } = await within(bench, mounts, (root) => stat(root));
      assert.deepEqual({ uid, gid }, { uid: 0, gid: 0 });
    },
  },
  {
    rule: "the root's own mode and owner are kept by commit",
    async run(bench) {
      await commitLayer(bench, "layer", undefined, (root) => chmod(root, 0o1700));
      assert.equal((await inspect(bench, "layer", (root) => stat(root))).mode & 0o7777, 0o1700);
    },
  },
  {
    rule: "what is written stays when the snapshot is mounted again",
    async run(bench) {
      await bench.subject.prepare("a", undefined);
      await write(bench, "a", (root) => writeFile(join(root, "file"), "content"));
      assert.equal(await within(bench, await bench.subject.mounts("a"), (root) => text(root, "file")), "content");
    },
  },
  {
    rule: "a child starts from its parent's content",
    async run(bench) {
      const { bytes } = randomContent(3 * 1024 * 1024);
      await commitLayer(bench, "layer", undefined, async (root) => {
        await mkdir(join(root, "deep/er"), { recursive: true });
        await writeFile(join(root, "deep/er/file"), bytes);
      });
      const mounts = await bench.subject.prepare("a", "layer");
      assert.ok(bytes.equals(await within(bench, mounts, (root) => readFile(join(root, "deep/er/file")))));
    },
  },
  {
    rule: "a snapshot sees the layers of its whole chain, the upper ones first",
    async run(bench) {
      const depth = Math.min(10, bench.subject.features.maximumDepth);
      for (let level = 1; level <= depth; level += 1) {
        await commitLayer(bench, `layer-${level}`, level === 1 ? undefined : `layer-${level - 1}`, async (root) => {
          await writeFile(join(root, `file-${level}`), `${level}`);
          await writeFile(join(root, "last"), `${level}`);
        });
      }
      await inspect(bench, `layer-${depth}`, async (root) => {
        assert.equal(await text(root, "last"), `${depth}`);
        for (let level = 1; level <= depth; level += 1) assert.equal(await text(root, `file-${level}`), `${level}`);
      });
    },
  },
  {
    rule: "changes in an active snapshot are not seen in its parent",
    async run(bench) {
      await commitLayer(bench, "layer", undefined, (root) => writeFile(join(root, "file"), "parent"));
      await bench.subject.prepare("a", "layer");
      await write(bench, "a", async (root) => {
        await writeFile(join(root, "file"), "child");
        await writeFile(join(root, "new"), "");
      });
      await inspect(bench, "layer", async (root) => {
        assert.deepEqual(await readdir(root), ["file"]);
        assert.equal(await text(root, "file"), "parent");
      });
    },
  },
  {
    rule: "changes in an active snapshot are not seen in a sibling, made before or after",
    async run(bench) {
      await commitLayer(bench, "layer", undefined, (root) => writeFile(join(root, "file"), "parent"));
      const before = await bench.subject.prepare("before", "layer");
      await bench.subject.prepare("a", "layer");
      await write(bench, "a", (root) => writeFile(join(root, "file"), "child"));
      const after = await bench.subject.prepare("after", "layer");
      for (const mounts of [before, after]) {
        assert.equal(await within(bench, mounts, (root) => text(root, "file")), "parent");
      }
    },
  },
  {
    rule: "appending to a parent's file and changing its mode leaves the parent's as they are",
    async run(bench) {
      await commitLayer(bench, "layer", undefined, (root) => writeFile(join(root, "file"), "one", { mode: 0o640 }));
      await bench.subject.prepare("a", "layer");
      await write(bench, "a", async (root) => {
        await writeFile(join(root, "file"), " two", { flag: "a" });
        await chmod(join(root, "file"), 0o600);
        assert.equal(await text(root, "file"), "one two");
      });
      await inspect(bench, "layer", async (root) => {
        assert.equal(await text(root, "file"), "one");
        assert.equal((await stat(join(root, "file"))).mode & 0o777, 0o640);
      });
    },
  },
  {
    rule: "a parent's file that a child deletes is gone there and in its children, and stays in the parent",
    async run(bench) {
      await commitLayer(bench, "one", undefined, async (root) => {
        await writeFile(join(root, "gone"), "");
        await writeFile(join(root, "kept"), "");
      });
      await commitLayer(bench, "two", "one", (root) => rm(join(root, "gone")));
      await commitLayer(bench, "three", "two");
      for (const name of ["two", "three"])
        assert.deepEqual(await inspect(bench, name, (root) => readdir(root)), ["kept"]);
      assert.deepEqual((await inspect(bench, "one", (root) => readdir(root))).toSorted(), ["gone", "kept"]);
    },
  },
  {
    rule: "a deleted file that is made again has only its new content",
    async run(bench) {
      await commitLayer(bench, "one", undefined, (root) => writeFile(join(root, "file"), "old and long"));
      await commitLayer(bench, "two", "one", (root) => rm(join(root, "file")));
      await commitLayer(bench, "three", "two", (root) => writeFile(join(root, "file"), "new", { flag: "wx" }));
      assert.equal(await inspect(bench, "three", (root) => text(root, "file")), "new");
    },
  },
  {
    rule: "a directory that is deleted and made again shows nothing of what it held before",
    async run(bench) {
      await commitLayer(bench, "one", undefined, async (root) => {
        await mkdir(join(root, "dir/sub"), { recursive: true });
        await writeFile(join(root, "dir/sub/old"), "");
      });
      await commitLayer(bench, "two", "one", async (root) => {
        await rm(join(root, "dir"), { recursive: true });
        await mkdir(join(root, "dir/sub"), { recursive: true });
        await writeFile(join(root, "dir/new"), "");
      });
      await inspect(bench, "two", async (root) => {
        assert.deepEqual((await readdir(join(root, "dir"), { recursive: true })).toSorted(), ["new", "sub"]);
      });
    },
  },
  {
    rule: "a file can replace a directory, and a directory a file",
    async run(bench) {
      await commitLayer(bench, "one", undefined, async (root) => {
        await mkdir(join(root, "dir"));
        await writeFile(join(root, "dir/inner"), "");
        await writeFile(join(root, "file"), "");
      });
      await commitLayer(bench, "two", "one", async (root) => {
        await rm(join(root, "dir"), { recursive: true });
        await writeFile(join(root, "dir"), "now a file");
        await rm(join(root, "file"));
        await mkdir(join(root, "file"));
        await writeFile(join(root, "file/inner"), "now inside");
      });
      await inspect(bench, "two", async (root) => {
        assert.equal(await text(root, "dir"), "now a file");
        assert.equal(await text(root, "file/inner"), "now inside");
      });
    },
  },
  {
    rule: "a parent's file can be renamed",
    async run(bench) {
      await commitLayer(bench, "one", undefined, (root) => writeFile(join(root, "old"), "content"));
      await commitLayer(bench, "two", "one", (root) => rename(join(root, "old"), join(root, "new")));
      await inspect(bench, "two", async (root) => {
        assert.deepEqual(await readdir(root), ["new"]);
        assert.equal(await text(root, "new"), "content");
      });
    },
  },
  {
    rule: "modes with setuid and sticky, times and symbolic links outlive a commit and a second layer",
    async run(bench) {
      const time = new Date("2001-02-03T04:05:06.000Z");
      await commitLayer(bench, "one", undefined, async (root) => {
        await writeFile(join(root, "tool"), "", { mode: 0o755 });
        await chmod(join(root, "tool"), 0o4755);
        await utimes(join(root, "tool"), time, time);
        await mkdir(join(root, "tmp"));
        await chmod(join(root, "tmp"), 0o1777);
        await symlink("/nowhere/at all", join(root, "link"));
      });
      await commitLayer(bench, "two", "one", (root) => writeFile(join(root, "other"), ""));
      await inspect(bench, "two", async (root) => {
        assert.equal((await stat(join(root, "tool"))).mode & 0o7777, 0o4755);
        assert.equal((await stat(join(root, "tool"))).mtime.getTime(), time.getTime());
        assert.equal((await stat(join(root, "tmp"))).mode & 0o7777, 0o1777);
        assert.equal(await readlink(join(root, "link")), "/nowhere/at all");
      });
    },
  },
  {
    rule: "owners outlive a commit and a second layer",
    needs: ["root"],
    async run(bench) {
      await commitLayer(bench, "one", undefined, async (root) => {
        await writeFile(join(root, "file"), "");
        await chown(join(root, "file"), 1234, 56789);
      });
      await commitLayer(bench, "two", "one");
      const { uid, gid } = await inspect(bench, "two", (root) => stat(join(root, "file")));
      assert.deepEqual({ uid, gid }, { uid: 1234, gid: 56789 });
    },
  },
  {
    rule: "two names of one file in a snapshot stay one file in its children",
    feature: "hard links",
    async run(bench) {
      await commitLayer(bench, "layer", undefined, async (root) => {
        await writeFile(join(root, "one"), "content");
        await link(join(root, "one"), join(root, "two"));
      });
      await inspect(bench, "layer", async (root) => {
        const [one, two] = [await lstat(join(root, "one")), await lstat(join(root, "two"))];
        assert.deepEqual([one.ino, one.nlink], [two.ino, 2]);
      });
    },
  },
  {
    rule: "names with spaces, line ends and other alphabets are kept",
    async run(bench) {
      const names = [" leading", "line\nend", "naïve ☕", "back\\slash", "comma,colon:"].toSorted();
      await commitLayer(bench, "layer", undefined, async (root) => {
        for (const name of names) await writeFile(join(root, name), name);
      });
      await inspect(bench, "layer", async (root) => {
        assert.deepEqual((await readdir(root)).toSorted(), names);
        for (const name of names) assert.equal(await text(root, name), name);
      });
    },
  },
  {
    rule: "a view shows what was committed",
    async run(bench) {
      await commitLayer(bench, "one", undefined, (root) => writeFile(join(root, "a"), "a"));
      await commitLayer(bench, "two", "one", (root) => writeFile(join(root, "b"), "b"));
      const mounts = await bench.subject.view("v", "two");
      assert.deepEqual((await within(bench, mounts, (root) => readdir(root))).toSorted(), ["a", "b"]);
    },
  },
  {
    rule: "a view cannot be written to",
    needs: ["root"],
    async run(bench) {
      await commitLayer(bench, "one", undefined, (root) => writeFile(join(root, "file"), "kept"));
      await commitLayer(bench, "two", "one");
      for (const parent of ["one", "two"]) {
        await mounted(bench, await bench.subject.view(`view of ${parent}`, parent), async (root) => {
          await assert.rejects(writeFile(join(root, "file"), "overwritten"), { code: "EROFS" });
          await assert.rejects(writeFile(join(root, "new"), ""), { code: "EROFS" });
        });
      }
      assert.equal(await inspect(bench, "one", (root) => text(root, "file")), "kept");
    },
  },
];
