import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { gatherHostFacts } from "@gantry/core";

import { parseMountInfo } from "../src/gather-host-facts.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "gantry-facts-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

test.runIf(process.platform === "linux")("what is true of every Linux is found", async () => {
  const host = await gatherHostFacts();
  expect([host.platform, host.architecture, host.uid]).toEqual(["linux", process.arch, process.geteuid?.()]);
  expect(host.kernelRelease).toMatch(/^\d+\.\d+/);
  expect(host.filesystems).toContain("tmpfs");
  expect(host.filesystems).toContain("proc");
  for (const mountPoint of host.cgroup1.values()) expect(mountPoint).toMatch(/^\//);
});

test("a program is found on PATH when it is an executable file, in the first directory that has one", async () => {
  for (const name of ["one", "two"]) await mkdir(join(directory, name, "folder"), { recursive: true });
  for (const file of ["one/plain", "two/plain", "two/tool"]) await writeFile(join(directory, file), "");
  await chmod(join(directory, "two/plain"), 0o755);
  await chmod(join(directory, "two/tool"), 0o755);
  vi.stubEnv("PATH", `${directory}/one:relative::${directory}/two`);
  const host = await gatherHostFacts();
  expect(host.program("tool")).toBe(join(directory, "two/tool"));
  expect(host.program("plain")).toBe(join(directory, "two/plain"));
  expect(host.program(join(directory, "two/tool"))).toBe(join(directory, "two/tool"));
  for (const name of ["folder", "missing", "", "two/tool", "../two/tool"]) expect(host.program(name)).toBeUndefined();
});

test("mountinfo is read with escaped names and optional fields", () => {
  const text = [
    "31 25 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:10 master:2 - cgroup cgroup rw,cpu,cpuacct",
    String.raw`40 25 0:30 / /mnt/two\040words\011and\134more rw - tmpfs none rw,size=1k`,
    "not a mount",
    "",
  ].join("\n");
  expect(parseMountInfo(text)).toEqual([
    { mountPoint: "/sys/fs/cgroup/cpu,cpuacct", type: "cgroup", superOptions: ["rw", "cpu", "cpuacct"] },
    { mountPoint: "/mnt/two words\tand\\more", type: "tmpfs", superOptions: ["rw", "size=1k"] },
  ]);
});
