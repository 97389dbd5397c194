import { describe, expect, test } from "vitest";

import {
  Kernel,
  type KernelOptions,
  type OptionsSchema,
  type Plugin,
  definePlugin,
  manyToken,
  supported,
  token,
  unsupported,
} from "@gantry/core";

import { anyHost, namedPlugin } from "./plugin-fixtures.ts";

const Driver = token<string>("Driver");
const Store = token<string>("Store");
const Extra = token<string>("Extra");
const Source = manyToken<string>("Source");

function start(plugins: readonly Plugin[], prefer?: KernelOptions["prefer"]): Promise<Kernel> {
  return Kernel.start({ plugins, host: anyHost, ...(prefer === undefined ? {} : { prefer }) });
}

const overlay = namedPlugin("overlay", { provides: [Driver] });
const copying = namedPlugin("copying", { provides: [Driver] });
const broken = namedPlugin("broken", { provides: [Driver], probe: () => unsupported("this kernel is too old") });
const engine = namedPlugin("engine", { requires: [Driver] });

describe("options", () => {
  const schema: OptionsSchema<{ root: string }> = {
    "~standard": {
      version: 1,
      validate: (value) => {
        const { root = "/default" } = value as { root?: unknown };
        if (typeof root === "string") return { value: { root } };
        return { issues: [{ message: "must be text", path: ["paths", { key: "root" }] }] };
      },
    },
  };
  const configured = definePlugin<{ root: string }, { root?: unknown }>({
    name: "configured",
    options: schema,
    provides: [Driver],
    register: (registrar, { root }) => registrar.value(Driver, root),
  });

  test("are checked, and defaults filled in, before register", async () => {
    await using kernel = await start([configured()]);
    expect(kernel.get(Driver)).toBe("/default");
  });

  test("that are wrong are told by plugin and field", async () => {
    await expect(start([configured({ root: 1 })])).rejects.toMatchObject({
      code: "invalid-argument",
      message: "plugin configured: option paths.root: must be text",
      details: { plugin: "configured", field: "paths.root" },
    });
  });

  test("reach the probe", async () => {
    let seen: unknown;
    const probe = (_host: unknown, options: unknown) => {
      seen = options;
      return supported();
    };
    await using _ = await start([namedPlugin("a", { options: schema, probe })]);
    expect(seen).toEqual({ root: "/default" });
  });
});

describe("support", () => {
  test("a plugin whose probe says no is listed with its reason and not wired", async () => {
    await using kernel = await start([overlay, broken]);
    expect(kernel.get(Driver)).toBe("overlay");
    expect(kernel.plugins()).toEqual([
      { name: "overlay", status: "supported", provides: ["Driver"] },
      { name: "broken", status: "unsupported", reason: "this kernel is too old", provides: ["Driver"] },
    ]);
  });

  test("a probe that throws stops the start with the plugin's name", async () => {
    const bad = namedPlugin("bad", { probe: () => Promise.reject(new Error("no such file")) });
    await expect(start([bad])).rejects.toThrow("plugin bad could not probe this machine: no such file");
  });

  test("a plugin listed twice is refused", async () => {
    await expect(start([overlay, overlay])).rejects.toMatchObject({
      code: "invalid-argument",
      details: { plugin: "overlay" },
    });
  });
});

describe("several providers", () => {
  test("are a conflict that names both and the remedy", async () => {
    await expect(start([overlay, copying])).rejects.toMatchObject({
      code: "conflict",
      message: "overlay and copying both provide Driver: list one of them or name it in prefer.Driver",
    });
  });

  test("are decided by prefer, and the others are listed as not chosen", async () => {
    await using kernel = await start([overlay, copying], { Driver: "copying" });
    expect(kernel.get(Driver)).toBe("copying");
    expect(kernel.plugins()[0]).toEqual({
      name: "overlay",
      status: "not-chosen",
      reason: "copying is preferred",
      provides: ["Driver"],
    });
  });

  test("of a preferred list the first that this machine can run is taken", async () => {
    await using kernel = await start([overlay, copying, broken], { Driver: ["broken", "copying", "overlay"] });
    expect(kernel.get(Driver)).toBe("copying");
  });

  test("a plugin that is passed over provides none of its other tokens", async () => {
    const both = namedPlugin("both", { provides: [Driver, Extra] });
    await using kernel = await start([both, copying], { Driver: "copying" });
    expect(kernel.getAll(Extra)).toEqual([]);
  });

  test("preferences that exclude one another are a conflict", async () => {
    const left = namedPlugin("left", { provides: [Driver, Store] });
    const right = namedPlugin("right", { provides: [Driver, Store] });
    await expect(start([left, right], { Driver: "left", Store: "right" })).rejects.toMatchObject({ code: "conflict" });
  });

  test.each([
    ["is not listed", "nobody", /nobody is preferred for Driver, but no such plugin is listed/],
    ["does not provide the token", "engine", /engine is preferred for Driver, but it does not provide this/],
  ])("a preferred plugin that %s is refused", async (_what, name, message) => {
    await expect(start([overlay, engine], { Driver: name })).rejects.toThrow(message);
  });

  test("a preferred plugin that cannot run here is told with its reason", async () => {
    await expect(start([overlay, broken], { Driver: "broken" })).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("broken: this kernel is too old"),
    });
  });

  test("of a many token are no conflict", async () => {
    await using kernel = await start([
      namedPlugin("a", { provides: [Source] }),
      namedPlugin("b", { provides: [Source] }),
    ]);
    expect(kernel.getAll(Source)).toEqual(["a", "b"]);
  });
});

describe("needs", () => {
  test("that nobody provides are told by plugin and token", async () => {
    await expect(start([engine])).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("plugin engine requires Driver, which none provides"),
      details: { plugin: "engine", token: "Driver" },
    });
  });

  test("whose provider cannot run here are told with it and its reason", async () => {
    await expect(start([engine, broken])).rejects.toMatchObject({
      code: "unsupported",
      message: "plugin engine requires Driver, which none provides: broken would, but this kernel is too old",
    });
  });

  test("of a many token are met by nobody too", async () => {
    await using kernel = await start([namedPlugin("reader", { requires: [Source] })]);
    expect(kernel.plugins()).toHaveLength(1);
  });

  test("in a circle are told by the plugins' names", async () => {
    const plugins = [
      namedPlugin("outside", { requires: [Driver] }),
      namedPlugin("a", { provides: [Driver], requires: [Store] }),
      namedPlugin("b", { provides: [Store], requires: [Extra] }),
      namedPlugin("c", { provides: [Extra], requires: [Driver] }),
    ];
    await expect(start(plugins)).rejects.toMatchObject({
      code: "invalid-argument",
      message: "plugins require one another in a circle: a → b → c → a",
    });
  });
});
