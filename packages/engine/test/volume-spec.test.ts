import { describe, expect, it } from "vitest";

import { collectMountPoints } from "../src/mounts/mount-points.ts";
import { parseBind, parseTmpfs } from "../src/mounts/volume-spec.ts";

describe("volume specifications", () => {
  it.each([
    ["/host:/c", { type: "bind", source: "/host", destination: "/c", readonly: false, options: ["rbind", "rprivate"] }],
    [
      "/host/../h:/c/:ro",
      { type: "bind", source: "/h", destination: "/c", readonly: true, options: ["rbind", "rprivate"] },
    ],
    [
      "/host:/c:ro,rslave,z",
      { type: "bind", source: "/host", destination: "/c", readonly: true, options: ["rbind", "rslave"] },
    ],
    ["data:/c", { type: "volume", source: "data", destination: "/c", readonly: false, options: ["rbind", "rprivate"] }],
    [
      "data:/c:nocopy",
      {
        type: "volume",
        source: "data",
        destination: "/c",
        readonly: false,
        options: ["rbind", "rprivate"],
        nocopy: true,
      },
    ],
    ["/c", { type: "volume", source: "", destination: "/c", readonly: false, options: ["rbind", "rprivate"] }],
  ])("reads %s", (spec, expected) => {
    expect(parseBind(spec)).toEqual(expected);
  });

  it.each([
    ["", "invalid volume specification: ''"],
    ["/a:", "invalid volume specification: '/a:'"],
    ["/a:/b:ro:x", "invalid volume specification"],
    ["/a:b", "mount path must be absolute"],
    ["/a:/", "destination can't be '/'"],
    ["/a:/..", "destination can't be '/'"],
    ["/a:/b:rx", "invalid mode: rx"],
    ["../a:/b", "includes invalid characters for a local volume name"],
  ])("refuses %j", (spec, message) => {
    expect(() => parseBind(spec)).toThrow(message);
  });

  it("reads tmpfs options over Docker's defaults", () => {
    expect(parseTmpfs("/run", "")).toEqual({
      type: "tmpfs",
      source: "tmpfs",
      destination: "/run",
      readonly: false,
      options: ["noexec", "nosuid", "nodev"],
    });
    expect(parseTmpfs("/run", "exec,size=64m,ro").options).toEqual(["nosuid", "nodev", "size=64m", "ro"]);
    expect(() => parseTmpfs("/run", "upperdir=/x")).toThrow('Invalid tmpfs option "upperdir=/x"');
  });

  it("gives the image's volumes names unless something else is there", () => {
    const { mounts, anonymousVolumes } = collectMountPoints({ binds: ["/h:/a/b/c", "v:/a"], tmpfs: { "/t": "" } }, [
      "/a",
      "/own",
    ]);
    expect(mounts.map(({ destination }) => destination)).toEqual(["/a/b/c", "/a", "/t", "/own"]);
    expect(anonymousVolumes).toEqual([mounts[3]!.source]);
    expect(anonymousVolumes[0]).toMatch(/^[a-f0-9]{64}$/);
  });

  it("refuses two mounts at one place", () => {
    expect(() => collectMountPoints({ binds: ["/h:/a", "v:/a/"], tmpfs: {} }, [])).toThrow("Duplicate mount point: /a");
  });
});
