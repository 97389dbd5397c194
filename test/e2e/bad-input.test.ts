import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { unsupported } from "@gantry/core";
import { overlayDriver } from "@gantry/overlay-driver";
import { createEngine } from "@gantry/runtime";
import { vfsDriver } from "@gantry/vfs-driver";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";

import { checkout, docker, errorLines, temporaryRoots } from "../harness/docker.ts";
import type { CallResult, Roots } from "../harness/docker.ts";
import { leftBehind, machineState } from "../harness/machine-state.ts";
import { obstacle, titled } from "../harness/requirements.ts";

const reason = obstacle("setpriv");
const roots = inject("roots");
const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const readable = spawnSync(nobody[0]!, [...nobody.slice(1), "test", "-x", join(checkout, "bin/docker")]).status === 0;
let before: ReadonlySet<string>;

function expectRefusal(result: CallResult, status: number, message: RegExp): void {
  expect(result.stdout).toBe("");
  expect(errorLines(result.stderr)).toEqual([expect.stringMatching(message)]);
  expect(result.status).toBe(status);
}

/** A data root on a disk of so many MiB. */
function smallDisk(megabytes: number): Roots & Disposable {
  const directory = mkdtempSync(join(tmpdir(), "gantry-disk-"));
  const dataRoot = join(directory, "data");
  mkdirSync(dataRoot);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=700`, "none", dataRoot]);
  return {
    dataRoot,
    execRoot: join(directory, "run"),
    [Symbol.dispose]() {
      execFileSync("umount", [dataRoot]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

describe.skipIf(reason !== undefined)(titled("bad input: one line, the right status, nothing left", reason), () => {
  beforeEach(() => {
    before = machineState(roots);
  });
  afterEach(async () => {
    expect((await docker(roots, ["ps", "-aq"])).stdout).toBe("");
    expect(await leftBehind(roots, before)).toEqual([]);
  });

  test.for<[string, string[], number, RegExp]>([
    ["an unknown image", ["run", "--rm", "no-such-image"], 125, /no-such-image/],
    ["a malformed image name", ["run", "--rm", "Not:A:Name"], 125, /invalid reference format|Not:A:Name/],
    ["an unknown flag", ["run", "--no-such-flag", "base"], 125, /unknown flag: --no-such-flag/],
    ["an unknown short flag", ["run", "-Z", "base"], 125, /unknown shorthand flag: 'Z'/],
    ["a bad memory size", ["run", "--rm", "-m", "lots", "busybox", "true"], 125, /"lots".*-m, --memory/],
    ["a memory size below the least", ["run", "--rm", "-m", "1k", "busybox", "true"], 125, /memory/i],
    ["a bad number of processors", ["run", "--rm", "--cpus", "many", "busybox", "true"], 125, /"many".*--cpus/],
    ["a bad name", ["run", "--rm", "--name", "a b", "busybox", "true"], 125, /a b/],
    ["an unknown user", ["run", "--rm", "-u", "nemo", "busybox", "true"], 125, /nemo/],
    ["an unknown network", ["run", "--rm", "--network", "moon", "busybox", "true"], 125, /moon/],
    ["a relative mount point", ["run", "--rm", "-v", "/tmp:relative", "busybox", "true"], 125, /relative/],
    ["an absent binary", ["run", "--rm", "busybox", "no-such-program"], 127, /no-such-program.*not found/i],
    ["an absent path", ["run", "--rm", "busybox", "/no/such"], 127, /\/no\/such/],
    [
      "a file without execute permission",
      ["run", "--rm", "busybox", "/etc/passwd"],
      126,
      /\/etc\/passwd.*permission denied/i,
    ],
    ["a directory as program", ["run", "--rm", "busybox", "/etc"], 126, /\/etc/],
    ["a container that is not there", ["rm", "no-such-container"], 1, /No such container: no-such-container/],
    ["logs of a container that is not there", ["logs", "no-such-container"], 1, /No such container: no-such-container/],
    ["an unknown command", ["frobnicate"], 1, /frobnicate/],
  ])("%s", { timeout: 30_000 }, async ([, args, status, message]) => {
    expectRefusal(await docker(roots, args), status, message);
  });

  test("a name that is taken", async () => {
    await docker(roots, ["run", "--name", "taken", "busybox", "true"]);
    try {
      expectRefusal(await docker(roots, ["run", "--name", "taken", "busybox", "true"]), 125, /taken.*already in use/);
    } finally {
      await docker(roots, ["rm", "taken"]);
    }
  });

  test.skipIf(!readable)(
    titled("missing rights", readable ? undefined : "another user cannot read the checkout"),
    async () => {
      const result = await docker(roots, ["run", "--rm", "busybox", "true"], { prefix: nobody });
      expectRefusal(result, 125, /root/);
    },
  );

  test("a disk that is full while the image is made", async () => {
    using small = smallDisk(2);
    const result = await docker(small, ["run", "--rm", "-q", "busybox", "true"]);
    expectRefusal(result, 125, /no space left|disk (is|may be) full/i);
    expect((await docker(small, ["images", "-q"])).stdout).toBe("");
    expect((await docker(small, ["ps", "-aq"])).stdout).toBe("");
  });

  test("a disk that is full when the container is made, and has space again", async () => {
    using small = smallDisk(16);
    await docker(small, ["pull", "-q", "busybox"]);
    const filler = join(small.dataRoot, "filler");
    const { bavail, bsize } = statfsSync(small.dataRoot);
    writeFileSync(filler, Buffer.alloc(bavail * bsize));
    expectRefusal(await docker(small, ["run", "--rm", "busybox", "true"]), 125, /no space left|disk (is|may be) full/i);
    rmSync(filler);
    expect((await docker(small, ["ps", "-aq"])).stdout).toBe("");
    expect((await docker(small, ["run", "--rm", "busybox", "echo", "again"])).stdout).toBe("again\n");
  });

  test("a second engine on one root is told who holds it", async () => {
    await using engine = await createEngine({ root: roots.dataRoot, execRoot: roots.execRoot });
    expectRefusal(await docker(roots, ["ps"]), 1, new RegExp(`in use by process ${process.pid} `));
    expect(await engine.containers.list()).toEqual([]);
  });

  test("a kernel without overlayfs", async () => {
    using own = temporaryRoots();
    const reason = "this kernel has no overlayfs";
    const { definition } = overlayDriver();
    const without = { definition: { ...definition, probe: () => unsupported(reason) }, input: {} };
    const options = { root: own.dataRoot, execRoot: own.execRoot, plugins: [without, vfsDriver()] };
    const insisting = createEngine({ ...options, prefer: { StorageDriver: definition.name } });
    await expect(insisting).rejects.toThrow(new RegExp(`^[^\n]*${reason}[^\n]*$`));
    await using engine = await createEngine(options);
    expect((await engine.info()).storageDriver).toBe("vfs");
    await engine.images.pull("busybox");
    const { id } = await engine.containers.create({ config: { image: "busybox", command: ["true"] } });
    await engine.containers.start(id);
    expect((await engine.containers.wait(id)).exitCode).toBe(0);
    await engine.containers.remove(id);
  });
});
