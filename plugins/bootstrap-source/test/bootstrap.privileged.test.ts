import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ContentDescriptor, ResolvedImage } from "@gantry/core";
import { type ImageManifest, parseImageConfig, parseManifest } from "@gantry/oci";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { BootstrapSource } from "../src/bootstrap-source.ts";
import { downloadBusybox } from "../src/busybox-root.ts";
import { findProgram } from "../src/find-program.ts";

let dataRoot: string;
let source: BootstrapSource;
beforeEach(async () => {
  dataRoot = await mkdtemp(join(tmpdir(), "bootstrap-"));
  source = new BootstrapSource({ dataRoot, execRoot: dataRoot });
});
afterEach(() => rm(dataRoot, { recursive: true, force: true }));

async function content(image: ResolvedImage, descriptor: ContentDescriptor, offset = 0): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of image.fetch(descriptor, { offset })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function manifestOf(image: ResolvedImage): Promise<ImageManifest> {
  return parseManifest(await content(image, image.manifest));
}

/** `mode owner size name` of each entry, by the system's tar. */
function entries(layer: Buffer): string[] {
  return execFileSync("tar", ["--list", "--verbose", "--numeric-owner", "--file=-"], {
    input: layer,
    maxBuffer: 1 << 28,
  })
    .toString()
    .trim()
    .split("\n");
}

async function expectWhole(image: ResolvedImage): Promise<Buffer> {
  const manifest = await manifestOf(image);
  const [layer] = manifest.layers;
  const bytes = await content(image, layer!);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  expect({ digest, size: bytes.length }).toEqual({ digest: layer!.digest, size: layer!.size });
  const config = parseImageConfig(await content(image, manifest.config));
  expect(config.diffIds).toEqual([layer!.digest]);
  expect(await content(image, layer!, layer!.size - 5)).toEqual(bytes.subarray(-5));
  return bytes;
}

describe("busybox", () => {
  it("is a whole image with the applets, the directories and nothing left on disk after close", async () => {
    const image = await source.resolve("busybox");
    const listed = entries(await expectWhole(image)).join("\n");
    expect(listed).toMatch(/^-rwxr-xr-x 0\/0 .* bin\/[a-z]+$/m);
    expect(listed).toMatch(/^hrwxr-xr-x 0\/0 .* bin\/sh link to bin\/[a-z]+$/m);
    expect(listed).toMatch(/^hrwxr-xr-x 0\/0 .* usr\/bin\/env link to bin\/[a-z]+$/m);
    expect(listed).toMatch(/^drwxrwxrwt 0\/0 .* tmp\/$/m);
    expect(listed).toMatch(/^drwx------ 0\/0 .* root\/$/m);
    expect(listed).toMatch(/^-rw-r--r-- 0\/0 .* etc\/passwd$/m);
    await image.close();
    expect(await readdir(join(dataRoot, "bootstrap"))).toEqual([]);
  });

  it("is the same at each making", async () => {
    const [first, second] = [await source.resolve("busybox"), await source.resolve("docker.io/library/busybox:latest")];
    expect(first.manifest).toEqual(second.manifest);
  });

  it("refuses content that it does not have", async () => {
    const image = await source.resolve("busybox");
    await expect(content(image, { ...image.manifest, digest: "sha256:0" })).rejects.toMatchObject({
      code: "not-found",
    });
  });

  it("comes from Debian's package where the machine has none", async () => {
    expect(await downloadBusybox(dataRoot)).toMatch(/bin\/busybox$/);
  });

  it("leaves nothing behind when it is aborted", async () => {
    const controller = new AbortController();
    const resolving = source.resolve("busybox", {
      signal: controller.signal,
      progress: ({ status }) => status === "Packing" && controller.abort(new Error("stop")),
    });
    await expect(resolving).rejects.toThrow("stop");
    expect(await readdir(join(dataRoot, "bootstrap"))).toEqual([]);
  });
});

it("clears at start what a killed engine left", async () => {
  await source.resolve("busybox");
  await source.start();
  expect(await readdir(dataRoot)).toEqual([]);
});

const tool = (await findProgram("mmdebstrap")) ?? (await findProgram("debootstrap"));

describe.skipIf(tool === undefined)(`base (needs mmdebstrap or debootstrap)`, () => {
  it(
    "is a Debian userland with bash and without anything of the host or of the making",
    { timeout: 600_000 },
    async () => {
      const statuses: string[] = [];
      const image = await source.resolve("base", { progress: ({ status }) => statuses.push(status) });
      const listed = entries(await expectWhole(image)).join("\n");
      expect(listed).toMatch(/^-rwxr-xr-x 0\/0 .* (usr\/)?bin\/bash$/m);
      expect(listed).toMatch(/ etc\/apt\/sources.list$/m);
      expect(listed).toMatch(/ usr\/bin\/apt-get$/m);
      expect(listed).not.toMatch(/ dev\/./m);
      expect(listed).not.toMatch(/ var\/cache\/apt\/.*deb$/m);
      expect(listed).not.toMatch(/ var\/lib\/apt\/lists\/./m);
      expect(listed).not.toMatch(/ etc\/(hostname|resolv\.conf|apt\/apt\.conf\.d\/99mmdebstrap)$/m);
      expect(statuses).toContain("Fetching packages");
      expect(statuses).toContain("Configuring packages");
      await image.close();
      expect(await readdir(join(dataRoot, "bootstrap"))).toEqual([]);
    },
  );

  it("leaves no file, mount or process when it is aborted", { timeout: 120_000 }, async () => {
    const controller = new AbortController();
    const temporary = async () =>
      (await readdir(tmpdir())).filter((name) => /^(mmdebstrap|debootstrap)/.test(name)).toSorted();
    const before = await temporary();
    const resolving = source.resolve("base", {
      signal: controller.signal,
      progress: ({ status }) => status === "Unpacking packages" && controller.abort(new Error("stop")),
    });
    await expect(resolving).rejects.toThrow("stop");
    expect(await readdir(join(dataRoot, "bootstrap"))).toEqual([]);
    expect(await temporary()).toEqual(before);
    expect(execFileSync("ps", ["-eo", "args"]).toString()).not.toContain(dataRoot);
    expect(execFileSync("cat", ["/proc/mounts"]).toString()).not.toContain(dataRoot);
  });
});
