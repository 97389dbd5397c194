import { access, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { VolumeOptions } from "@gantry/core";
import { collect, expectAborted, expectError, temporaryDirectory } from "@gantry/testkit";
import { describe, expect, test } from "vitest";

import { LocalVolumeDriver, localVolumes } from "../src/index.ts";

const plain: VolumeOptions = { labels: {}, driverOptions: {} };

async function withDriver(work: (driver: LocalVolumeDriver, root: string) => Promise<void>): Promise<void> {
  await using directory = await temporaryDirectory();
  await work(new LocalVolumeDriver({ root: directory.path }), directory.path);
}

describe("the directory of a volume", () => {
  test("is open to users of containers, whatever the umask; its books are not", () =>
    withDriver(async (driver, root) => {
      const before = process.umask(0o077);
      try {
        await driver.create("v", plain);
      } finally {
        process.umask(before);
      }
      const modeOf = async (name: string): Promise<string> => ((await stat(join(root, name))).mode & 0o777).toString(8);
      expect(await modeOf("v/_data")).toBe("755");
      expect(await modeOf("v")).toBe("711");
      expect(await modeOf("v/volume.json")).toBe("600");
    }));

  test("is empty until something is in it, and again when that is gone", () =>
    withDriver(async (driver) => {
      const { mountpoint, empty } = await driver.create("v", plain);
      expect(empty).toBe(true);
      await writeFile(join(mountpoint, ".hidden"), "");
      expect((await driver.get("v"))?.empty).toBe(false);
      await rm(join(mountpoint, ".hidden"));
      expect((await driver.get("v"))?.empty).toBe(true);
    }));

  test("is removed however deep its content goes", () =>
    withDriver(async (driver, root) => {
      const { mountpoint } = await driver.create("v", plain);
      const before = process.cwd();
      try {
        process.chdir(mountpoint);
        for (let level = 0; level < 40; level += 1) {
          await mkdir("d".repeat(200));
          process.chdir("d".repeat(200));
        }
      } finally {
        process.chdir(before);
      }
      await driver.remove("v");
      expect(await readdir(root)).toEqual([]);
    }));

  test("that others made is no volume", () =>
    withDriver(async (driver, root) => {
      await mkdir(join(root, "lost+found"));
      await mkdir(join(root, "stranger"));
      expect(await collect(driver.list())).toEqual([]);
      expect(await driver.get("stranger")).toBeUndefined();
    }));
});

describe("after a crash", () => {
  test("what was being made or removed is gone, volumes and uses stay", () =>
    withDriver(async (driver, root) => {
      await driver.create("kept", { ...plain, labels: { a: "b" } });
      await driver.mount("kept", "c1");
      await mkdir(join(root, ".half/_data/content"), { recursive: true });
      const next = new LocalVolumeDriver({ root });
      await next.start();
      expect(await readdir(root)).toEqual(["kept"]);
      expect(await next.get("kept")).toEqual(await driver.get("kept"));
      expect((await expectError("conflict", () => next.remove("kept"))).message).toContain("c1");
    }));

  test.each(["", "{}", '{"labels":1}', "not json"])("a record of %j is an error that names its file", (text) =>
    withDriver(async (driver, root) => {
      await driver.create("v", plain);
      await writeFile(join(root, "v/volume.json"), text);
      expect((await expectError("internal", () => driver.get("v"))).message).toContain(join(root, "v/volume.json"));
    }),
  );
});

describe("users", () => {
  test.each(["c1", ".", "..", "../../etc/passwd", "a b", "ü", "%2e", "0".repeat(64)])("%j is one", (user) =>
    withDriver(async (driver, root) => {
      await driver.create("v", plain);
      await driver.mount("v", user);
      await driver.mount("v", user);
      expect((await expectError("conflict", () => driver.remove("v"))).message).toContain(user);
      await driver.unmount("v", user);
      await driver.unmount("v", user);
      expect(await readdir(join(root, "v/users"))).toEqual([]);
      await driver.remove("v");
    }),
  );

  test.each(["", "a\nb", "x".repeat(256), "\ud800"])("%j is none", (user) =>
    withDriver(async (driver) => {
      await driver.create("v", plain);
      await expectError("invalid-argument", () => driver.mount("v", user));
      await driver.remove("v");
    }),
  );

  test("keep a volume whichever of them leaves first", () =>
    withDriver(async (driver) => {
      await driver.create("v", plain);
      await Promise.all(["a", "b", "c"].map((user) => driver.mount("v", user)));
      await Promise.all(["a", "c"].map((user) => driver.unmount("v", user)));
      const error = await expectError("conflict", () => driver.remove("v"));
      expect(error.details["user"]).toBe("b");
    }));
});

describe("options", () => {
  test("of the driver are refused by their name, and nothing is made", () =>
    withDriver(async (driver, root) => {
      const options = { labels: {}, driverOptions: { type: "nfs" } };
      expect((await expectError("invalid-argument", () => driver.create("v", options))).message).toContain("type");
      expect(await readdir(root)).toEqual([]);
    }));

  test("decide whether a volume is the same", () =>
    withDriver(async (driver) => {
      const labels = { a: "1", b: "2" };
      const first = await driver.create("v", { ...plain, labels });
      expect(await driver.create("v", { ...plain, labels: { b: "2", a: "1" } })).toEqual(first);
      await expectError("conflict", () => driver.create("v", plain));
    }));

  test("of the plugin: neither a root nor paths is an error", async () => {
    expect((await expectError("invalid-argument", () => new LocalVolumeDriver({}))).message).toMatch(/root/);
    expect((await localVolumes.definition.options!["~standard"].validate({ path: "/" })).issues).toHaveLength(1);
  });
});

test.each(["get", "remove"] as const)("an aborted %s rejects with the reason", (verb) =>
  withDriver(async (driver, root) => {
    await driver.create("v", plain);
    await expectAborted((signal) => driver[verb]("v", { signal }));
    await access(join(root, "v"));
    expect((await driver.get("v"))?.name).toBe("v");
  }),
);

test("a root that cannot be made is an error that names it", () =>
  withDriver(async (_, root) => {
    await writeFile(join(root, "file"), "");
    const below = new LocalVolumeDriver({ root: join(root, "file/below") });
    expect((await expectError("internal", () => below.start())).message).toContain(join(root, "file/below"));
  }));
