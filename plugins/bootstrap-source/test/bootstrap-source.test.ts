import { describe, expect, it } from "vitest";

import { BootstrapSource } from "../src/bootstrap-source.ts";
import { debootstrap, mmdebstrap } from "../src/debian-root.ts";

const source = new BootstrapSource({ dataRoot: "/nonexistent", execRoot: "/nonexistent" });

describe("accepts", () => {
  it.each([
    "base",
    "busybox",
    "base:latest",
    "library/busybox",
    "docker.io/library/base",
    "docker.io/library/busybox:latest",
  ])("%s", (reference) => expect(source.accepts(reference)).toBe(true));

  it.each([
    "debian",
    "base:1",
    "registry.example/base",
    "someone/base",
    "library/base/x",
    "Base",
    "",
    "base:latest:latest",
    `base@sha256:${"0".repeat(64)}`,
  ])("not %s", (reference) => expect(source.accepts(reference)).toBe(false));
});

it("refuses to resolve what it does not accept", async () => {
  await expect(source.resolve("debian")).rejects.toMatchObject({ code: "not-found" });
});

it("does nothing for a call that is aborted already", async () => {
  await expect(source.resolve("base", { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
});

const bootstrap = {
  suite: "bookworm",
  root: "/root-dir",
  settings: ['Acquire::http::Proxy "http://p.example";'],
  sources: [
    { uri: "http://m.example/debian", suite: "bookworm", components: ["main"] },
    { uri: "http://m.example/security", suite: "bookworm-security", components: ["main"] },
  ],
};

it("gives mmdebstrap every source and setting of the host", () => {
  const argv = mmdebstrap(bootstrap);
  expect(argv.slice(-4)).toEqual([
    "bookworm",
    "/root-dir",
    "deb http://m.example/debian bookworm main",
    "deb http://m.example/security bookworm-security main",
  ]);
  expect(argv).toContain('--aptopt=Acquire::http::Proxy "http://p.example";');
  expect(argv).toContain('--aptopt=Acquire::Check-Valid-Until "false";');
});

it("gives debootstrap the suite's own mirror", () => {
  expect(debootstrap(bootstrap).slice(-3)).toEqual(["bookworm", "/root-dir", "http://m.example/debian"]);
});
