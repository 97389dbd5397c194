import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expectError, randomContent, temporaryDirectory } from "@gantry/testkit";
import { expect, test } from "vitest";

import { LocalImageStore } from "../src/index.ts";

const isRoot = process.geteuid?.() === 0;

test.skipIf(!isRoot)(
  `a full disk is unavailable, and the writer goes on when there is space${isRoot ? "" : " (skipped: needs root)"}`,
  async () => {
    await using directory = await temporaryDirectory();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", directory.path]);
    const store = new LocalImageStore({ root: join(directory.path, "content") });
    try {
      const { bytes, digest } = randomContent(500_000);
      const writer = await store.writer("ref", { digest });
      await writer.write(bytes.subarray(0, 100_000));
      await writeFile(join(directory.path, "ballast"), Buffer.alloc(700_000));
      const error = await expectError("unavailable", () => writer.write(bytes.subarray(100_000)));
      expect(error.message).toMatch(/disk is full/);
      expect(writer.offset).toBe(100_000);
      await rm(join(directory.path, "ballast"));
      await writer.write(bytes.subarray(100_000));
      expect((await writer.commit()).digest).toBe(digest);
    } finally {
      await store.stop();
      execFileSync("umount", ["-l", directory.path]);
    }
  },
);
