import { execFileSync } from "node:child_process";

import { expectError, temporaryDirectory } from "@gantry/testkit";
import { expect, test } from "vitest";

import { JsonFileLogDriver } from "../src/index.ts";
import { entry } from "./log-fixture.ts";

const isRoot = process.geteuid?.() === 0;

test.skipIf(!isRoot)(
  `a full disk is unavailable, and the write can be repeated${isRoot ? "" : " (skipped: needs root)"}`,
  async () => {
    await using directory = await temporaryDirectory();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", directory.path]);
    try {
      const driver = new JsonFileLogDriver();
      const context = { containerId: "c", directory: directory.path, options: { "max-size": "20k", "max-file": "2" } };
      const sink = await driver.open(context);
      await sink.write([entry("kept\n")], 1);
      execFileSync("dd", ["if=/dev/zero", `of=${directory.path}/ballast`, "bs=4k", "count=15"], { stdio: "ignore" });
      const large = entry("x".repeat(12_000));
      const error = await expectError("unavailable", () => sink.write([large], 2));
      expect(error.message).toMatch(/disk is full/);
      expect(await sink.lastPosition()).toBe(1);
      execFileSync("rm", [`${directory.path}/ballast`]);
      await sink.write([large], 2);
      await sink.close();
      const lengths: number[] = [];
      for await (const { data } of driver.reader.read(context, { stdout: true, stderr: true }))
        lengths.push(data.length);
      expect(lengths).toEqual([5, 12_000]);
    } finally {
      execFileSync("umount", ["-l", directory.path]);
    }
  },
);
