import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { silentLogger } from "@gantry/core";
import { temporaryDirectory } from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { engineId } from "../src/engine-id.ts";
import { expandInherited } from "../src/inherited-sockets.ts";
import { loadPlugins } from "../src/plugin-loader.ts";
import { noticeReady } from "../src/ready-notice.ts";
import { socketGroup } from "../src/socket-group.ts";

it("an engine's id stays the same, and a broken one is replaced", async () => {
  await using directory = await temporaryDirectory();
  const id = await engineId(directory.path);
  expect(id).toMatch(/^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$/);
  expect(await engineId(directory.path)).toBe(id);
  await writeFile(join(directory.path, "engine-id"), "");
  const other = await engineId(directory.path);
  expect(other).not.toBe(id);
  expect(await readFile(join(directory.path, "engine-id"), "utf8")).toBe(`${other}\n`);
});

it("sockets of a service manager become addresses", () => {
  const environment = { LISTEN_PID: String(process.pid), LISTEN_FDS: "2" };
  expect(expandInherited("fd://", environment)).toEqual(["fd://3", "fd://4"]);
  expect(expandInherited("fd://*", environment)).toEqual(["fd://3", "fd://4"]);
  expect(expandInherited("fd://5", environment)).toEqual(["fd://5"]);
  expect(expandInherited("unix:///a", {})).toEqual(["unix:///a"]);
  for (const none of [{}, { ...environment, LISTEN_PID: "1" }, { ...environment, LISTEN_FDS: "0" }]) {
    expect(() => expandInherited("fd://", none)).toThrow(
      expect.objectContaining({ code: "unavailable", message: expect.stringContaining("socket activation") }),
    );
  }
});

describe("plugins by name", () => {
  const load = async (source: string, name = "./plugin.mjs") => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, "plugin.mjs"), source);
    await mkdir(join(directory.path, "node_modules/a-plugin"), { recursive: true });
    const manifest = { name: "a-plugin", type: "module", exports: "./index.js" };
    await writeFile(join(directory.path, "node_modules/a-plugin/package.json"), JSON.stringify(manifest));
    await writeFile(join(directory.path, "node_modules/a-plugin/index.js"), source);
    return await loadPlugins([{ name, options: { a: 1 } }], join(directory.path, "daemon.json"));
  };
  const source = `export default Object.assign((input) => ({ definition: { name: "it" }, input }), { definition: {} });`;

  it.each(["./plugin.mjs", "a-plugin"])(
    "%s is found beside the configuration file, and given its options",
    async (name) => {
      expect(await load(source, name)).toEqual([{ definition: { name: "it" }, input: { a: 1 } }]);
    },
  );

  it.each([
    [source, "not-installed", /cannot load the plugin not-installed/],
    ["throw new Error('one\\ntwo');", "./plugin.mjs", /cannot load the plugin .\/plugin.mjs: one$/],
    ["export default {};", "./plugin.mjs", /.\/plugin.mjs is no plugin/],
  ])("one that cannot be used stops the start, named (%#)", async (text, name, message) => {
    await expect(load(text, name)).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringMatching(message),
    });
  });
});

it("the socket's group is found by name or number", async () => {
  expect(await socketGroup("0", silentLogger)).toBe(0);
  expect(await socketGroup("root", silentLogger)).toBe(0);
  await expect(socketGroup("no such group", silentLogger)).rejects.toMatchObject({ code: "invalid-argument" });
});

it("nobody is told of the start where nobody asks", async () => {
  await noticeReady({});
  await expect(noticeReady({ NOTIFY_SOCKET: "/x", PATH: "/nonexistent" })).rejects.toThrow(/systemd-notify/);
});
