import { describe, expect, it } from "vitest";

import { canonicalReference, familiarReference, parseReference, withDefaultTag } from "../src/index.ts";

const digest = `sha256:${"a1".repeat(32)}`;

describe("references", () => {
  it.each([
    ["busybox", "docker.io/library/busybox:latest", "busybox:latest"],
    ["library/busybox", "docker.io/library/busybox:latest", "busybox:latest"],
    ["docker.io/busybox", "docker.io/library/busybox:latest", "busybox:latest"],
    ["index.docker.io/library/busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"],
    ["user/app:v1", "docker.io/user/app:v1", "user/app:v1"],
    ["library/a/b", "docker.io/library/a/b:latest", "library/a/b:latest"],
    ["localhost/app", "localhost/app:latest", "localhost/app:latest"],
    ["localhost:5000/a/b:2", "localhost:5000/a/b:2", "localhost:5000/a/b:2"],
    ["[::1]:5000/app", "[::1]:5000/app:latest", "[::1]:5000/app:latest"],
    ["Registry/app", "Registry/app:latest", "Registry/app:latest"],
    [
      "registry.example/a__b/c-d---e.f",
      "registry.example/a__b/c-d---e.f:latest",
      "registry.example/a__b/c-d---e.f:latest",
    ],
    [`busybox@${digest}`, `docker.io/library/busybox@${digest}`, `busybox@${digest}`],
    [`busybox:1@${digest}`, `docker.io/library/busybox:1@${digest}`, `busybox:1@${digest}`],
    ["app:5000", "docker.io/library/app:5000", "app:5000"],
  ])("completes and shortens %s", (text, canonical, familiar) => {
    const reference = withDefaultTag(parseReference(text));
    expect(canonicalReference(reference)).toBe(canonical);
    expect(familiarReference(reference)).toBe(familiar);
    expect(parseReference(canonical)).toEqual(reference);
    expect(withDefaultTag(parseReference(familiar))).toEqual(reference);
  });

  it.each([
    ["", "invalid reference format"],
    ["-busybox", "invalid reference format"],
    ["busybox:", "invalid reference format"],
    ["busybox:.tag", "invalid reference format"],
    [`busybox:${"t".repeat(129)}`, "invalid reference format"],
    ["a//b", "invalid reference format"],
    ["http://host/app", "invalid reference format"],
    ["busybox@sha256:12", "invalid reference format"],
    [`busybox@sha256:${"A1".repeat(32)}`, "invalid reference format"],
    ["a b", "invalid reference format"],
    ["Busybox", "invalid reference format: repository name (library/Busybox) must be lowercase"],
    ["user/App:X", "invalid reference format: repository name (user/App) must be lowercase"],
    ["b".repeat(256), "repository name must not be more than 255 characters"],
    ["ab".repeat(32), `invalid repository name (${"ab".repeat(32)}), cannot specify 64-byte hexadecimal strings`],
  ])("refuses %s in Docker's words", (text, message) => {
    expect(() => parseReference(text)).toThrow(message);
  });
});
