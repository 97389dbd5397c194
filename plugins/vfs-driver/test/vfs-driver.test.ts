import { readdir } from "node:fs/promises";
import { join } from "node:path";

import type { FileTree } from "@gantry/core";
import { collect, expectError, streamOf, temporaryDirectory } from "@gantry/testkit";
import { describe, expect, test } from "vitest";

import { VfsDriver, vfsDriver } from "../src/index.ts";

/** A tree in which a copy does not go on until it is told to, or fails. */
function heldTree(): { tree: FileTree; begun: Promise<void>; go: () => void; fail: (reason: Error) => void } {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const nothing = async (): Promise<void> => {};
  const tree: FileTree = {
    async *walk() {
      begun.resolve();
      await gate.promise;
      yield* [];
    },
    lookup: async () => undefined,
    read: () => streamOf(),
    writer: async (_, options) => {
      options?.signal?.addEventListener("abort", () => gate.reject(options.signal?.reason as Error));
      return {
        directory: nothing,
        file: nothing,
        symlink: nothing,
        hardLink: nothing,
        node: nothing,
        remove: nothing,
        clear: nothing,
        close: nothing,
        abort: nothing,
      };
    },
  };
  return { tree, begun: begun.promise, go: gate.resolve, fail: gate.reject };
}

async function withCopy(
  work: (copying: {
    driver: VfsDriver;
    held: ReturnType<typeof heldTree>;
    done: Promise<unknown>;
    caller: AbortController;
    snapshots: () => Promise<string[]>;
  }) => Promise<void>,
): Promise<void> {
  await using directory = await temporaryDirectory();
  const held = heldTree();
  const driver = new VfsDriver({ root: directory.path }, held.tree);
  await driver.prepare("a", undefined);
  await driver.commit("layer", "a");
  const caller = new AbortController();
  const done = driver.prepare("copy", "layer", { signal: caller.signal });
  done.catch(() => {});
  await held.begun;
  await work({ driver, held, done, caller, snapshots: () => readdir(join(directory.path, "s")) });
}

describe("while a copy is made", () => {
  test("its key is taken, but it is not there yet", () =>
    withCopy(async ({ driver, held, done }) => {
      await expectError("conflict", () => driver.prepare("copy", undefined));
      await expectError("conflict", () => driver.prepare("copy", "layer"));
      await expectError("not-found", () => driver.stat("copy"));
      await expectError("not-found", () => driver.remove("copy"));
      expect((await collect(driver.list())).map(({ key }) => key)).toEqual(["layer"]);
      held.go();
      await done;
      expect((await driver.stat("copy")).parent).toBe("layer");
    }));

  test("its parent stays", () =>
    withCopy(async ({ driver, held, done }) => {
      await expectError("conflict", () => driver.remove("layer"));
      held.go();
      await done;
      await driver.remove("copy");
      await driver.remove("layer");
      expect(await collect(driver.list())).toEqual([]);
    }));

  test("others go on", () =>
    withCopy(async ({ driver, held, done }) => {
      await driver.prepare("other", undefined);
      await driver.remove("other");
      held.go();
      await done;
      expect((await driver.stat("copy")).kind).toBe("active");
    }));
});

describe("a copy that is given up", () => {
  test("because its caller aborts rejects with the reason and leaves nothing", () =>
    withCopy(async ({ driver, done, caller, snapshots }) => {
      const reason = new Error("enough");
      caller.abort(reason);
      await expect(done).rejects.toBe(reason);
      expect(await snapshots()).toEqual(["0"]);
      await driver.remove("layer");
      await driver.prepare("copy", undefined);
      expect(await snapshots()).toHaveLength(1);
    }));

  test("because it fails is an engine error and leaves nothing", () =>
    withCopy(async ({ driver, held, done, snapshots }) => {
      held.fail(Object.assign(new Error("broken tree"), { code: "EIO", syscall: "read" }));
      const error = await expectError("internal", () => done);
      expect(error.message).toMatch(/copy.*broken tree/);
      expect(await snapshots()).toEqual(["0"]);
      await driver.remove("layer");
    }));
});

test("neither a root nor paths is an error that names the option", async () => {
  expect((await expectError("invalid-argument", () => new VfsDriver({}, heldTree().tree))).message).toMatch(/root/);
  expect((await vfsDriver.definition.options!["~standard"].validate({ root: 7 })).issues).toHaveLength(1);
});
