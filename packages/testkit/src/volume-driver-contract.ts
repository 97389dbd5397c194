import assert from "node:assert/strict";
import { readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { VolumeDriver, type VolumeOptions } from "@gantry/core";

import { bindContract } from "./bind-contract.ts";
import type { Check, Contract, ContractOptions } from "./contract.ts";
import { expectAborted, expectError } from "./expect-error.ts";
import { collect } from "./fixtures/collect.ts";

const plain: VolumeOptions = { labels: {}, driverOptions: {} };
const malformedNames = ["", ".hidden", "-x", "_x", "a/b", "..", "a b", "é1", "a\0b", "ab\n", "x".repeat(256)];

const checks: readonly Check<VolumeDriver>[] = [
  {
    rule: "create makes an empty volume with a directory of the host",
    async run({ subject }) {
      assert.notEqual(subject.name, "");
      const options = { labels: { use: "test", empty: "" }, driverOptions: {} };
      const volume = await subject.create("data", options);
      assert.deepEqual(
        [volume.name, volume.labels, volume.driverOptions, volume.empty],
        ["data", options.labels, {}, true],
      );
      assert.ok(Math.abs(volume.createdAt.getTime() - Date.now()) < 5000);
      assert.ok((await stat(volume.mountpoint)).isDirectory());
      assert.deepEqual(await readdir(volume.mountpoint), []);
    },
  },
  {
    rule: "get gives the volume as create did, and undefined for one that is not there",
    async run({ subject }) {
      const volume = await subject.create("data", plain);
      assert.deepEqual(await subject.get("data"), volume);
      assert.equal(await subject.get("other"), undefined);
    },
  },
  {
    rule: "list gives all volumes",
    async run({ subject }) {
      assert.deepEqual(await collect(subject.list()), []);
      const volumes = [await subject.create("a", plain), await subject.create("b", plain)];
      const listed = await collect(subject.list());
      assert.deepEqual(
        listed.toSorted((one, two) => one.name.localeCompare(two.name)),
        volumes,
      );
    },
  },
  {
    rule: "create of a volume that exists returns it; with other options it is a conflict",
    async run({ subject }) {
      const options = { labels: { a: "1", b: "2" }, driverOptions: {} };
      const volume = await subject.create("data", options);
      assert.deepEqual(await subject.create("data", { ...options, labels: { b: "2", a: "1" } }), volume);
      await expectError("conflict", () => subject.create("data", { ...options, labels: { a: "2" } }));
      assert.deepEqual(await subject.get("data"), volume);
    },
  },
  {
    rule: "of several creates of one name at a time all give the same volume",
    async run({ subject }) {
      const volumes = await Promise.all(Array.from({ length: 5 }, () => subject.create("data", plain)));
      for (const volume of volumes) assert.equal(volume.mountpoint, volumes[0]!.mountpoint);
      assert.equal((await collect(subject.list())).length, 1);
    },
  },
  {
    rule: "malformed names are refused",
    async run({ subject }) {
      for (const name of malformedNames) await expectError("invalid-argument", () => subject.create(name, plain));
    },
  },
  {
    rule: "names have up to 255 characters of letters, digits, underscore, dot and hyphen",
    async run({ subject }) {
      for (const name of ["a", "9", "A_b.c-D", "x".repeat(255)]) {
        assert.equal((await subject.create(name, plain)).name, name);
      }
    },
  },
  {
    rule: "mount gives the same content to each of its users, one after another and at a time",
    async run({ subject }) {
      await subject.create("data", plain);
      const first = await subject.mount("data", "container-1");
      await writeFile(join(first, "file"), "content");
      const second = await subject.mount("data", "container-2");
      assert.equal(await readFile(join(second, "file"), "utf8"), "content");
      await subject.unmount("data", "container-1");
      await subject.unmount("data", "container-2");
      const third = await subject.mount("data", "container-3");
      assert.equal(await readFile(join(third, "file"), "utf8"), "content");
      await subject.unmount("data", "container-3");
    },
  },
  {
    rule: "a volume into which something was written is not empty any more",
    async run({ subject }) {
      await subject.create("data", plain);
      await writeFile(join(await subject.mount("data", "container"), "file"), "");
      await subject.unmount("data", "container");
      assert.equal((await subject.get("data"))?.empty, false);
    },
  },
  {
    rule: "a volume in use is not removed, and the error names a user; when the last use ends it is",
    async run({ subject }) {
      const { mountpoint } = await subject.create("data", plain);
      await subject.mount("data", "container-1");
      await subject.mount("data", "container-2");
      const error = await expectError("conflict", () => subject.remove("data"));
      assert.match(error.message, /container-[12]/);
      await subject.unmount("data", "container-1");
      assert.match((await expectError("conflict", () => subject.remove("data"))).message, /container-2/);
      await subject.unmount("data", "container-2");
      await subject.remove("data");
      assert.equal(await subject.get("data"), undefined);
      await assert.rejects(stat(mountpoint), { code: "ENOENT" });
    },
  },
  {
    rule: "a volume that was removed and made again is empty",
    async run({ subject }) {
      await subject.create("data", plain);
      await writeFile(join(await subject.mount("data", "container"), "file"), "");
      await subject.unmount("data", "container");
      await subject.remove("data");
      const volume = await subject.create("data", plain);
      assert.deepEqual([volume.empty, await readdir(volume.mountpoint)], [true, []]);
    },
  },
  {
    rule: "mount and remove of a missing volume find nothing",
    async run({ subject }) {
      await expectError("not-found", () => subject.mount("nowhere", "container"));
      await expectError("not-found", () => subject.remove("nowhere"));
    },
  },
  {
    rule: "volumes, their content and their uses survive a new engine",
    async run(bench) {
      const volume = await bench.subject.create("data", { labels: { a: "1" }, driverOptions: {} });
      await writeFile(join(await bench.subject.mount("data", "container"), "file"), "content");
      await bench.restart();
      assert.deepEqual(await bench.subject.get("data"), { ...volume, empty: false });
      assert.match((await expectError("conflict", () => bench.subject.remove("data"))).message, /container/);
      await bench.subject.unmount("data", "container");
      assert.equal(await readFile(join(await bench.subject.mount("data", "next"), "file"), "utf8"), "content");
      await bench.subject.unmount("data", "next");
      await bench.subject.remove("data");
    },
  },
  {
    rule: "an aborted create rejects with the signal's reason and makes nothing",
    async run({ subject }) {
      await expectAborted((signal) => subject.create("data", plain, { signal }));
      assert.equal(await subject.get("data"), undefined);
    },
  },
];

export const volumeDriverChecks: Contract<VolumeDriver> = { name: "VolumeDriver", token: VolumeDriver, checks };

/** Declares the VolumeDriver contract's tests. @param subject the driver's name, for the title */
export function volumeDriverContract(subject: string, options: ContractOptions): void {
  bindContract(volumeDriverChecks, subject, options);
}
