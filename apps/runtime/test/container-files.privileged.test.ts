import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { archiveEntry, readTar, tarStream } from "@gantry/archive";
import type { ArchiveEntryFields } from "@gantry/archive";
import type { Containers } from "@gantry/engine";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { createEngine } from "../src/index.ts";
import type { RuntimeEngine } from "../src/index.ts";

let directory: string;
let engine: RuntimeEngine;
let containers: Containers;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "container-files-"));
  engine = await createEngine({ root: join(directory, "data"), execRoot: join(directory, "run") });
  containers = engine.containers;
  await engine.images.pull("busybox");
});
afterEach(async () => {
  for (const { id } of await containers.list({ all: true }))
    await containers.remove(id, { force: true, volumes: true });
  expect(await mountsLeft()).toEqual([]);
});
afterAll(async () => {
  await engine?.close();
  await rm(directory, { recursive: true, force: true });
});

/** What the engine has mounted on the host and not unmounted, and the mount points of it. */
async function mountsLeft(): Promise<readonly string[]> {
  const mounted = (await readFile("/proc/self/mountinfo", "utf8"))
    .split("\n")
    .filter((line) => line.includes(directory));
  return [...mounted, ...(await readdir(join(directory, "run/mounts")).catch(() => []))];
}

async function run(script: string, hostConfig = {}): Promise<string> {
  const { id } = await containers.create({ config: { image: "busybox", command: ["sh", "-c", script] }, hostConfig });
  await containers.start(id);
  return id;
}

async function ran(script: string, hostConfig = {}): Promise<string> {
  const id = await run(script, hostConfig);
  expect(await containers.wait(id)).toEqual({ exitCode: 0 });
  return id;
}

/** Waits for a container to say that it is ready. */
async function ready(id: string): Promise<void> {
  for await (const { data } of containers.logs(id, { follow: true })) if (Buffer.from(data).includes("ready")) return;
}

function archive(...entries: readonly ArchiveEntryFields[]): AsyncIterable<Uint8Array> {
  return tarStream(entries.map(archiveEntry));
}

async function listing(stream: AsyncIterable<Uint8Array>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { path, type, content, linkTarget } of readTar(stream)) {
    const text = Buffer.concat(await Array.fromAsync(content)).toString();
    found[path] = type === "file" ? text : `${type}${linkTarget === undefined ? "" : ` ${linkTarget}`}`;
  }
  return found;
}

async function changesOf(id: string): Promise<readonly string[]> {
  const changes = await Array.fromAsync(containers.changes(id));
  return changes.map(({ kind, path }) => `${kind[0]!.toUpperCase()} ${path}`);
}

describe("changes", () => {
  it("are none of a container that only ran", async () => {
    expect(await changesOf(await ran("true"))).toEqual([]);
  });

  it("tell what was added, modified and deleted, running or not", async () => {
    const script =
      "mkdir /d; echo 1 > /d/f; chmod 700 /bin; rm /etc/passwd; ln /etc/group /etc/g2; echo ready; sleep 100";
    const id = await run(script);
    await ready(id);
    const expected = ["M /bin", "A /d", "A /d/f", "M /etc", "A /etc/g2", "M /etc/group", "D /etc/passwd"];
    expect(await changesOf(id)).toEqual(expected);
    await containers.kill(id);
    await containers.wait(id);
    expect(await changesOf(id)).toEqual(expected);
  });
});

describe("export", () => {
  it("is the merged root, also when the reader goes away", async () => {
    const id = await run("echo mine > /mine; rm /etc/group; echo ready; sleep 100");
    await ready(id);
    const files = await listing(containers.export(id));
    expect(files["mine"]).toBe("mine\n");
    expect(files["etc/group"]).toBeUndefined();
    expect(Object.values(files).some((text) => text.length > 100_000)).toBe(true);
    for await (const chunk of containers.export(id)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(await mountsLeft()).toEqual([]);
  });
});

describe.for(["running", "stopped", "created"] as const)("paths of a %s container", (state) => {
  async function made(hostConfig = {}, script = "true"): Promise<string> {
    if (state === "created") {
      const { id } = await containers.create({ config: { image: "busybox", command: ["true"] }, hostConfig });
      return id;
    }
    const id = await run(`${script}; echo ready; sleep 100`, hostConfig);
    await ready(id);
    if (state === "running") return id;
    await containers.kill(id);
    await containers.wait(id);
    return id;
  }

  it("are written and read", async () => {
    const id = await made();
    await containers.writePath(
      id,
      "/tmp",
      archive({ path: "a", type: "directory", uid: 7 }, { path: "a/f", content: "text" }),
    );
    expect(await containers.statPath(id, "/tmp/a")).toMatchObject({ name: "a", mode: 2 ** 31 + 0o755, linkTarget: "" });
    const { stat, archive: read } = await containers.readPath(id, "tmp/a/");
    expect(stat).toMatchObject({ name: "a" });
    expect(await listing(read)).toEqual({ a: "directory", "a/f": "text" });
    await expect(containers.statPath(id, "/none")).rejects.toMatchObject({ code: "not-found" });
    await expect(containers.writePath(id, "/none", archive())).rejects.toThrow("Could not find the file /none");
    await expect(containers.writePath(id, "/etc/passwd", archive())).rejects.toThrow(
      "extraction point is not a directory",
    );
  });

  it("have volumes and bound directories in their places", async () => {
    const host = await mkdtemp(join(directory, "host-"));
    await writeFile(join(host, "file"), "from the host");
    const id = await made({ binds: [`${host}:/bound/deep:ro`, "named:/volume"] });
    expect(await listing((await containers.readPath(id, "/bound/deep/.")).archive)).toEqual({
      "": "directory",
      file: "from the host",
    });
    await containers.writePath(id, "/volume", archive({ path: "in", content: "side" }));
    expect((await listing((await containers.readPath(id, "/volume")).archive))["volume/in"]).toBe("side");
    const { mountpoint } = await engine.volumes.inspect("named");
    expect(await readFile(join(mountpoint, "in"), "utf8")).toBe("side");
    await expect(containers.writePath(id, "/bound/deep", archive())).rejects.toMatchObject({
      code: "forbidden",
      message: "mounted volume is marked read-only",
    });
    expect(await readdir(host)).toEqual(["file"]);
  });

  it("do not lead out of the root", async () => {
    const outside = await mkdtemp(join(directory, "outside-"));
    await writeFile(join(outside, "secret"), "secret");
    const id = await made();
    const link = (path: string, linkTarget: string) => ({ path, type: "symlink", linkTarget }) as const;
    await containers.writePath(id, "/tmp", archive(link("up", "../../../../../.."), link("abs", outside)));
    await expect(containers.statPath(id, "/tmp/abs/secret")).rejects.toMatchObject({ code: "not-found" });
    await expect(containers.writePath(id, "/tmp/abs", archive())).rejects.toMatchObject({ code: "not-found" });
    await containers.writePath(id, "/tmp/up", archive({ path: "at-root", content: "x" }));
    expect((await containers.statPath(id, "/at-root")).size).toBe(1);
    await containers.writePath(id, "/tmp", archive({ path: "abs/new", content: "x" }));
    expect(await readdir(outside)).toEqual(["secret"]);
    await expect(containers.writePath(id, "/", archive({ path: "../evil", content: "x" }))).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("of a read-only root are only looked at", async () => {
    const id = await made({ readonlyRoot: true });
    expect((await containers.statPath(id, "/etc")).name).toBe("etc");
    await expect(containers.writePath(id, "/etc", archive())).rejects.toThrow("container rootfs is marked read-only");
  });

  it("are links themselves, or what these lead to when a slash says so", async () => {
    const id = await made();
    const entries: ArchiveEntryFields[] = [
      { path: "d", type: "directory" },
      { path: "d/f", content: "f" },
      { path: "l", type: "symlink", linkTarget: "d" },
    ];
    await containers.writePath(id, "/tmp", archive(...entries));
    const { stat, archive: link } = await containers.readPath(id, "/tmp/l");
    expect(stat).toMatchObject({ name: "l", mode: 2 ** 27 + 0o777, linkTarget: "/tmp/d" });
    expect(await listing(link)).toEqual({ l: "symlink d" });
    expect(await listing((await containers.readPath(id, "/tmp/l/")).archive)).toEqual({ l: "directory", "l/f": "f" });
    const replacing = archive({ path: "d", content: "no directory" });
    await expect(containers.writePath(id, "/tmp", replacing, { noOverwriteDirNonDir: true })).rejects.toThrow(
      'cannot overwrite directory "/tmp/d" with non-directory',
    );
  });
});

describe("a root that is read whole", () => {
  it("is named as docker's client expects it", async () => {
    const { id } = await containers.create({ config: { image: "busybox" } });
    const { archive: stream } = await containers.readPath(id, "/");
    const file = join(directory, "root.tar");
    await writeFile(file, stream);
    const names = execFileSync("tar", ["-P", "-tf", file]).toString().split("\n");
    expect(names).toEqual(expect.arrayContaining(["/", "/etc/", "/etc/passwd"]));
    await writeFile(file, (await containers.readPath(id, "/etc/.")).archive);
    expect(execFileSync("tar", ["-tf", file]).toString().split("\n")).toEqual(
      expect.arrayContaining(["./", "./passwd"]),
    );
  });
});

describe("a reader that goes away", () => {
  it("leaves no mount, whether it has begun or not", async () => {
    const { id } = await containers.create({ config: { image: "busybox" }, hostConfig: { binds: ["data:/data"] } });
    await containers.readPath(id, "/");
    expect(await mountsLeft()).toEqual([]);
    for await (const _chunk of (await containers.readPath(id, "/")).archive) {
      expect(await mountsLeft()).not.toEqual([]);
      break;
    }
    expect(await mountsLeft()).toEqual([]);
    const stalled = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(512);
      throw new Error("the client went away");
    };
    await expect(containers.writePath(id, "/data", stalled())).rejects.toThrow("the client went away");
  });
});

describe("an engine that is killed", () => {
  it("leaves no mount point that the next does not clear away", async () => {
    const root = await mkdtemp(join(directory, "killed-"));
    const options = { root: join(root, "data"), execRoot: join(root, "run") };
    const left = join(root, "run/mounts/left");
    await mkdir(left, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", left]);
    try {
      await using _next = await createEngine(options);
      expect(await readdir(join(root, "run/mounts"))).toEqual([]);
    } finally {
      if ((await readFile("/proc/self/mountinfo", "utf8")).includes(left)) execFileSync("umount", [left]);
    }
  });
});
