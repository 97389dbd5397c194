import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { HostFacts } from "@gantry/core";
import { expectError, temporaryDirectory } from "@gantry/testkit";
import { describe, expect, test } from "vitest";

import { OverlayDriver, overlayDriver } from "../src/index.ts";
import { optionsToSwitchOff, probe } from "../src/overlay-support.ts";

const host: HostFacts = {
  platform: "linux",
  architecture: "x64",
  kernelRelease: "6.1.0",
  uid: 0,
  filesystems: new Set(["ext4", "overlay"]),
  cgroup1: new Map(),
  cgroup2: undefined,
  program: () => undefined,
};

describe("the probe", () => {
  test("takes root on a kernel with overlayfs", () => {
    expect(probe(host)).toEqual({ supported: true });
  });

  test("refuses a kernel without overlayfs and tells what to do", () => {
    expect(probe({ ...host, filesystems: new Set(["ext4"]) })).toMatchObject({
      reason: expect.stringMatching(/modprobe overlay/),
    });
  });

  test("refuses a user without root rights and tells what to do", () => {
    expect(probe({ ...host, uid: 1000 })).toMatchObject({ reason: expect.stringMatching(/root/) });
  });
});

describe("options", () => {
  test.each(["/a,b", "/a:b", "/a\\b"])("the root %s is refused: overlayfs could not take it", async (root) => {
    await expectError("invalid-argument", () => new OverlayDriver({ root }));
  });

  test("a driver without root and paths is refused", async () => {
    await expectError("invalid-argument", () => new OverlayDriver({}));
  });

  test.each([{ root: "" }, { root: 1 }, { rot: "/a" }])("the schema refuses %j", async (options) => {
    const { issues } = await overlayDriver.definition.options!["~standard"].validate(options);
    expect(issues).toHaveLength(1);
  });

  test("the shorter the root, the deeper the chain", () => {
    const depthOf = (root: string): number => new OverlayDriver({ root }).features.maximumDepth;
    expect(depthOf("/var/lib/gantry/overlay")).toBeGreaterThanOrEqual(115);
    expect(depthOf("/o")).toBeGreaterThan(depthOf("/var/lib/gantry/overlay"));
    expect(depthOf("/o")).toBeLessThanOrEqual(500);
  });
});

test("only features that the kernel has switched on are switched off", async () => {
  await using directory = await temporaryDirectory();
  const parameters = join(directory.path, "parameters");
  await mkdir(parameters);
  expect(optionsToSwitchOff(parameters)).toEqual([]);
  await writeFile(join(parameters, "index"), "Y\n");
  await writeFile(join(parameters, "redirect_dir"), "N\n");
  await writeFile(join(parameters, "metacopy"), "Y\n");
  expect(optionsToSwitchOff(parameters)).toEqual(["index=off", "metacopy=off"]);
});
