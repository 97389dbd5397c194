import type { ProcessSpec, RuntimeSpec } from "@gantry/core";
import { describe, expect, test } from "vitest";

import { validateSpec } from "../src/validate-spec.ts";
import { capabilitySets, processOf, specOf } from "./fixtures/specs.ts";

const base = specOf("/image", ["true"]);
const mount = (destination: string, type = "tmpfs") => ({ destination, type, source: "x", options: [] });

test("a container as Docker makes it is valid", () => {
  expect(() => validateSpec(base)).not.toThrow();
  expect(() => validateSpec({ ...base, mounts: [mount("/proc/meminfo", "bind")] })).not.toThrow();
});

describe("a process is refused", () => {
  test.each<[Partial<ProcessSpec>, RegExp]>([
    [{ args: [] }, /process.args: a program/],
    [{ args: ["a\0b"] }, /NUL/],
    [{ env: ["NAME"] }, /"NAME" is not NAME=value/],
    [{ cwd: "relative" }, /process.cwd: "relative" is not an absolute path/],
    [{ user: { uid: -1, gid: 0, additionalGids: [] } }, /process.user: -1/],
    [{ user: { uid: 0, gid: 0, additionalGids: [2 ** 32] } }, /process.user: 4294967296/],
    [{ capabilities: capabilitySets(["CAP_FLY"]) }, /there is no CAP_FLY/],
    [{ rlimits: [{ type: "RLIMIT_X", soft: 1, hard: 1 }] }, /there is no RLIMIT_X/],
    [{ rlimits: [{ type: "RLIMIT_NOFILE", soft: 2, hard: 1 }] }, /soft limit 2 is above/],
    [{ rlimits: [{ type: "RLIMIT_NOFILE", soft: -1, hard: 1 }] }, /soft limit -1 is above/],
    [{ oomScoreAdj: 1001 }, /oomScoreAdj/],
  ])("with %j", (change, message) => {
    expect(() => validateSpec({ ...base, process: { ...processOf(["true"]), ...change } })).toThrow(message);
  });
});

describe("a spec is refused", () => {
  test.each<[Partial<RuntimeSpec>, RegExp]>([
    [{ namespaces: [] }, /needs a new mount namespace/],
    [{ namespaces: [{ type: "mount", path: "/proc/1/ns/mnt" }] }, /needs a new mount namespace/],
    [{ namespaces: [...base.namespaces, { type: "pid" }] }, /pid is listed twice/],
    [{ namespaces: [...base.namespaces, { type: "time" }] }, /time is not offered/],
    [{ namespaces: [{ type: "mount" }] }, /hostname: would rename the host/],
    [{ namespaces: [...base.namespaces, { type: "user" }] }, /need each other/],
    [{ hostname: "x".repeat(65) }, /longer than 64/],
    [{ root: { mounts: [], readonly: false } }, /root.mounts/],
    [{ mounts: [mount("relative")] }, /not an absolute path/],
    [{ mounts: [mount("/a/../b")] }, /write \/b/],
    [{ mounts: [mount("/")] }, /would hide the root/],
    [{ mounts: [mount("/proc")] }, /takes a proc file system/],
    [{ mounts: [mount("/proc/self/attr", "bind")] }, /nothing may be mounted in \/proc/],
    [{ maskedPaths: ["x"] }, /maskedPaths/],
    [{ sysctl: { "kernel.panic": "1" } }, /parameter of the host/],
    [{ sysctl: { "net.../x": "1" } }, /not a parameter/],
    [
      { sysctl: { "net.core.somaxconn": "1" }, namespaces: [{ type: "mount" }, { type: "uts" }] },
      /a network namespace is needed/,
    ],
  ])("with %j", (change, message) => {
    expect(() => validateSpec({ ...base, ...change })).toThrow(message);
  });
});
