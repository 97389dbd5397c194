import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { expectError, temporaryDirectory } from "@gantry/testkit";
import { expect, test } from "vitest";

import { SqliteStateStore } from "../src/index.ts";

const isRoot = process.geteuid?.() === 0;

test.skipIf(!isRoot)(
  `a full disk is unavailable, and the state stays whole${isRoot ? "" : " (skipped: needs root)"}`,
  async () => {
    await using directory = await temporaryDirectory();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", directory.path]);
    const store = new SqliteStateStore({ path: join(directory.path, "state.db") });
    try {
      await store.put("b", "kept", 1);
      const error = await expectError("unavailable", () =>
        store.transaction((transaction) => {
          transaction.put("b", "kept", 2);
          transaction.put("b", "large", "x".repeat(1024 * 1024));
        }),
      );
      expect(error.message).toMatch(/disk is full/);
      expect(await store.get("b", "kept")).toBe(1);
      await store.put("b", "small", 3);
      expect(await store.get("b", "small")).toBe(3);
    } finally {
      await store.stop();
      execFileSync("umount", ["-l", directory.path]);
    }
  },
);
