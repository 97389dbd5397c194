import { type Plugin, StorageDriver, ImageSource, definePlugin } from "@gantry/core";
import { describe, expect, it } from "vitest";

import { createEngine, engineRoots, preset } from "../src/index.ts";
import { mergePlugins, mergePreference } from "../src/merge-plugins.ts";

const names = (plugins: readonly Plugin[]) => plugins.map(({ definition }) => definition.name);
const providing = (name: string, ...provides: Plugin["definition"]["provides"]): Plugin =>
  definePlugin({ name, provides, register: () => {} })();

describe("the engine's directories", () => {
  it("are Docker's kind of place by default", () => {
    expect(engineRoots({}, {})).toEqual({ dataRoot: "/var/lib/gantry", execRoot: "/run/gantry" });
  });

  it("come from the environment, and from options before that", () => {
    const environment = { GANTRY_DATA_ROOT: "/e/data", GANTRY_EXEC_ROOT: "/e/run" };
    expect(engineRoots({}, environment)).toEqual({ dataRoot: "/e/data", execRoot: "/e/run" });
    expect(engineRoots({ root: "/o", execRoot: "/p/../q" }, environment)).toEqual({ dataRoot: "/o", execRoot: "/q" });
  });

  it("differ for another data root, the same each time", () => {
    const [a, b] = [engineRoots({ root: "/a" }, {}), engineRoots({ root: "/b" }, {})];
    expect(a.execRoot).toMatch(/^\/run\/gantry-[0-9a-f]{8}$/);
    expect(a.execRoot).not.toBe(b.execRoot);
    expect(engineRoots({ root: "/x/../a/" }, {})).toEqual(a);
  });

  it("are absolute", () => {
    expect(engineRoots({ root: "data" }, {}).dataRoot).toBe(`${process.cwd()}/data`);
  });
});

describe("the preset", () => {
  it("begins with the helper, which takes the lock", () => {
    expect(names(preset())[0]).toBe("@gantry/linux");
  });

  it("gives way to a plugin that provides the same interface, or has the same name", () => {
    const own = providing("own-storage", StorageDriver);
    const merged = names(mergePlugins(preset(), [own, providing("@gantry/bootstrap-source", ImageSource)]));
    expect(merged).not.toContain("@gantry/overlay-driver");
    expect(merged).not.toContain("@gantry/vfs-driver");
    expect(merged.filter((name) => name === "@gantry/bootstrap-source")).toHaveLength(1);
    expect(merged).toContain("own-storage");
  });

  it("keeps what provides one of several", () => {
    expect(names(mergePlugins(preset(), [providing("own-source", ImageSource)]))).toContain("@gantry/bootstrap-source");
  });

  it("prefers only what is listed, and what is given first", () => {
    const both = { StorageDriver: ["@gantry/overlay-driver", "@gantry/vfs-driver"] };
    const own = providing("own-storage", StorageDriver);
    expect(mergePreference(both, {}, mergePlugins(preset(), [own]))).toEqual({});
    expect(mergePreference(both, {}, preset())).toEqual(both);
    expect(mergePreference(both, { StorageDriver: "@gantry/vfs-driver" }, preset())).toEqual({
      StorageDriver: "@gantry/vfs-driver",
    });
  });
});

it.runIf(process.geteuid?.() !== 0)("refuses to start without root's rights (not root)", async () => {
  await expect(createEngine()).rejects.toMatchObject({ code: "forbidden" });
});
