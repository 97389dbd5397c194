import { describe, expect, it } from "vitest";

import { MountFlag, mountAttributes, parseMountOptions } from "../src/mount-options.ts";
import { mountSteps } from "../src/mounter.ts";

describe("parseMountOptions", () => {
  it("separates flags from what the file system is told", () => {
    expect(parseMountOptions(["ro", "lowerdir=/a:/b", "nosuid", "index=off"])).toEqual({
      flags: MountFlag.readOnly | MountFlag.noSuid,
      propagation: 0,
      data: "lowerdir=/a:/b,index=off",
    });
  });

  it("lets the last of contradicting options count", () => {
    expect(parseMountOptions(["ro", "nodev", "rw", "dev"]).flags).toBe(0);
    expect(parseMountOptions(["rw", "ro"]).flags).toBe(MountFlag.readOnly);
    expect(parseMountOptions(["shared", "rslave"]).propagation).toBe(MountFlag.slave | MountFlag.recursive);
  });

  it("drops what means nothing to the kernel", () => {
    expect(parseMountOptions(["defaults", "x-systemd.automount", ""])).toEqual({ flags: 0, propagation: 0, data: "" });
  });

  it("takes names of Object's own for data", () => {
    expect(parseMountOptions(["constructor", "toString"]).data).toBe("constructor,toString");
  });
});

describe("mountAttributes", () => {
  it("keeps the flags that are the mount's own", () => {
    expect(mountAttributes(MountFlag.readOnly | MountFlag.noExec | MountFlag.bind | MountFlag.recursive)).toBe(0x9);
  });
});

describe("mountSteps", () => {
  it("gives a bind mount its flags in a second call", () => {
    const steps = mountSteps({ type: "bind", source: "/s", options: ["rbind", "ro", "rprivate"] }, "/t");
    expect(steps).toEqual([
      { do: "mount", source: "/s", target: "/t", type: "", flags: MountFlag.bind | MountFlag.recursive, data: "" },
      { do: "remount", target: "/t", flags: MountFlag.readOnly, recursive: true },
      { do: "remount", target: "/t", flags: MountFlag.private | MountFlag.recursive },
    ]);
  });

  it("mounts a file system at once", () => {
    const steps = mountSteps({ type: "tmpfs", source: "none", options: ["ro", "size=1m"] }, "/t");
    expect(steps).toEqual([{ do: "mount", source: "none", target: "/t", type: "tmpfs", flags: 1, data: "size=1m" }]);
  });
});
