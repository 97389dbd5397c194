import { execFileSync, spawnSync } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ImageStore } from "@gantry/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { createEngine } from "../src/index.ts";
import type { RuntimeEngine } from "../src/index.ts";

const hasSkopeo = spawnSync("skopeo", ["--version"]).status === 0;
const hasUmoci = spawnSync("umoci", ["--version"]).status === 0;

let directory: string;
let engine: RuntimeEngine;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "archives-"));
  engine = await createEngine({ root: join(directory, "data"), execRoot: join(directory, "run") });
  await engine.images.pull("busybox");
  const { id } = await engine.containers.create({
    config: { image: "busybox", command: ["sh", "-c", "echo hi > /hi"] },
  });
  await engine.containers.start(id);
  await engine.containers.wait(id);
  await engine.containers.commit(id, { reference: "example.org/two:1", changes: ["CMD cat /hi"] });
  await engine.containers.remove(id);
});
afterEach(async () => {
  for (const { id, tags } of await engine.images.list()) {
    if (!tags.includes("busybox:latest") && !tags.includes("example.org/two:1")) await engine.images.remove(id);
  }
});
afterAll(async () => {
  await engine?.close();
  await rm(directory, { recursive: true, force: true });
});

let files = 0;
async function saved(...references: string[]): Promise<string> {
  const file = join(directory, `${(files += 1)}.tar`);
  await writeFile(file, engine.images.save(references));
  return file;
}

async function blobs(): Promise<readonly string[]> {
  return (await Array.fromAsync(engine.kernel.get(ImageStore).list())).map(({ digest }) => digest).toSorted();
}

async function removeTwo(): Promise<string> {
  const { record } = await engine.images.inspect("example.org/two:1");
  await engine.images.remove("example.org/two:1");
  return record.id;
}

async function runs(image: string): Promise<string> {
  const { id } = await engine.containers.create({ config: { image } });
  await engine.containers.start(id);
  expect(await engine.containers.wait(id)).toEqual({ exitCode: 0 });
  const chunks = await Array.fromAsync(engine.containers.logs(id));
  await engine.containers.remove(id);
  return Buffer.concat(chunks.map(({ data }) => data)).toString();
}

describe("save and load", () => {
  it("give the same bytes twice, and the same image back", async () => {
    const file = await saved("example.org/two:1", "busybox");
    expect(await readFile(await saved("example.org/two:1", "busybox"))).toEqual(await readFile(file));
    const before = await blobs();
    const id = await removeTwo();
    expect(await blobs()).not.toEqual(before);
    const loaded = await engine.images.load(createReadStream(file));
    expect(loaded).toMatchObject([{ id, tags: ["example.org/two:1"] }, { tags: ["busybox:latest"] }]);
    expect(await blobs()).toEqual(before);
    expect(await runs("example.org/two:1")).toBe("hi\n");
  });

  it.for(["gzip", "xz", "zstd", "bzip2"])("take what %s has compressed", async (program, { skip }) => {
    if (spawnSync(program, ["--version"]).error) skip(`no program ${program}`);
    const file = await saved("example.org/two:1");
    execFileSync(program, ["-k", "-q", file]);
    const id = await removeTwo();
    const suffix = { gzip: ".gz", xz: ".xz", zstd: ".zst", bzip2: ".bz2" }[program]!;
    expect(await engine.images.load(createReadStream(file + suffix))).toMatchObject([{ id }]);
  });

  it("leave nothing of an archive that is not whole or not true", async () => {
    const whole = await readFile(await saved("example.org/two:1"));
    await removeTwo();
    const before = await blobs();
    const bad = join(directory, "bad.tar");
    for (const length of [600, whole.length / 2, whole.length - 5000]) {
      await writeFile(bad, whole.subarray(0, length));
      await expect(engine.images.load(createReadStream(bad))).rejects.toMatchObject({ code: "invalid-argument" });
    }
    const changed = Buffer.from(whole);
    // In the midst of a layer.
    changed[Math.floor(whole.length / 2)]! ^= 1;
    await writeFile(bad, changed);
    await expect(engine.images.load(createReadStream(bad))).rejects.toMatchObject({ code: "invalid-argument" });
    expect(await blobs()).toEqual(before);
    await writeFile(bad, whole);
    await engine.images.load(createReadStream(bad));
  });
});

describe.skipIf(!hasSkopeo)(`skopeo${hasSkopeo ? "" : " (not installed)"}`, () => {
  const skopeo = (...words: string[]): string =>
    execFileSync("skopeo", ["--insecure-policy", ...words], { stdio: ["ignore", "pipe", "pipe"] }).toString();

  it("reads what save writes, in both formats", async () => {
    const file = await saved("example.org/two:1");
    const { record, configuration } = await engine.images.inspect("example.org/two:1");
    const docker = JSON.parse(skopeo("inspect", "--raw", `docker-archive:${file}:example.org/two:1`)) as {
      config: { digest: string };
    };
    expect(docker.config.digest).toBe(record.id);
    const oci = JSON.parse(skopeo("inspect", "--config", `oci-archive:${file}:1`)) as {
      rootfs: { diff_ids: string[] };
    };
    expect(oci.rootfs.diff_ids).toEqual(configuration.diffIds);
  });

  it.for([
    ["docker-archive", "example.org/two:loaded"],
    ["oci-archive", "example.org/two:loaded"],
  ])("writes what load reads: %s", async ([format, name]) => {
    const file = await saved("example.org/two:1");
    const copied = join(directory, `${format}-${(files += 1)}.tar`);
    skopeo("copy", `docker-archive:${file}:example.org/two:1`, `${format}:${copied}:${name}`);
    const [loaded] = await engine.images.load(createReadStream(copied));
    expect(loaded!.tags).toEqual([name]);
    expect(await runs(name!)).toBe("hi\n");
    await engine.images.remove(name!);
  });
});

describe.skipIf(!hasUmoci)(`umoci${hasUmoci ? "" : " (not installed)"}`, () => {
  it("unpacks what save writes", async () => {
    const layout = await mkdtemp(join(directory, "layout-"));
    execFileSync("tar", ["-xf", await saved("example.org/two:1"), "-C", layout]);
    const bundle = join(layout, "bundle");
    execFileSync("umoci", ["unpack", "--image", `${layout}:1`, bundle], { stdio: "ignore" });
    expect(await readFile(join(bundle, "rootfs/hi"), "utf8")).toBe("hi\n");
  });
});
