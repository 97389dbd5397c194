import { cp, mkdir, mkdtemp, readFile, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, beforeAll, expect, test } from "vitest";

import { Kernel, Logger, type PluginFactory, StateStore, bind, isEngineError, silentLogger } from "@gantry/core";

import { anyHost } from "./plugin-fixtures.ts";

/** What the plugin below exports, and the copy of core that it uses. */
interface Foreign {
  readonly foreignStore: PluginFactory<object>;
  readonly Kernel: unknown;
  readonly EngineError: unknown;
}

// As a decorated class looks after compilation, with the plugin's own copy of core.
const pluginSource = `
import { definePlugin, EngineError, inject, Kernel, Logger, StateStore } from "@gantry/core";
export { EngineError, Kernel };
class ForeignStore {
  constructor(logger) { this.logger = logger; }
  async get() { throw new EngineError("unavailable", "from the other copy"); }
}
inject(Logger)(ForeignStore, undefined, 0);
export const foreignStore = definePlugin({
  name: "foreign-store",
  provides: [StateStore],
  requires: [Logger],
  register: (registrar) => registrar.singleton(StateStore, ForeignStore),
});
`;

let directory: string;
let foreign: Foreign;

/** Installs the plugin as npm would where versions differ: with core, tsyringe and reflect-metadata beneath itself. */
beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), "gantry-foreign-")));
  const modules = join(directory, "node_modules");
  const requireFromCore = createRequire(join(import.meta.dirname, "../src/kernel.ts"));
  const requireFromTsyringe = createRequire(requireFromCore.resolve("tsyringe"));
  await copyPackage(requireFromCore.resolve("tsyringe/package.json"), join(modules, "tsyringe"));
  await copyPackage(requireFromTsyringe.resolve("tslib"), join(modules, "tslib"));
  await copyPackage(requireFromCore.resolve("reflect-metadata"), join(modules, "reflect-metadata"));
  await copyCore(join(modules, "@gantry/core"));
  const plugin = join(modules, "foreign-store/index.js");
  await mkdir(dirname(plugin));
  await writeFile(join(dirname(plugin), "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(plugin, pluginSource);
  // Under node_modules vitest leaves the import to Node, which knows nothing of this workspace.
  foreign = (await import(pathToFileURL(plugin).href)) as Foreign;
});

afterAll(() => rm(directory, { recursive: true, force: true }));

async function copyPackage(manifest: string, target: string): Promise<void> {
  await cp(dirname(manifest), target, { recursive: true, dereference: true });
}

/** Core's sources without their types: they hold no decorators, so nothing else is needed. */
async function copyCore(target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const source = join(import.meta.dirname, "../src");
  for (const name of await readdir(source)) {
    const text = stripTypeScriptTypes(await readFile(join(source, name), "utf8"));
    await writeFile(join(target, name.replace(/\.ts$/, ".js")), text.replaceAll(/(from\s*"\.\/[^"]+)\.ts"/g, '$1.js"'));
  }
  await writeFile(join(target, "package.json"), JSON.stringify({ type: "module", exports: "./index.js" }));
}

test("the plugin really has copies of its own", async () => {
  const { EngineError } = await import("@gantry/core");
  expect(foreign.Kernel).not.toBe(Kernel);
  expect(foreign.EngineError).not.toBe(EngineError);
});

test("a plugin with its own copy of core and tsyringe is wired like any other", async () => {
  const values = [bind(Logger, silentLogger)];
  await using kernel = await Kernel.start({ plugins: [foreign.foreignStore()], values, host: anyHost });
  expect(kernel.get(StateStore)).toHaveProperty("logger", silentLogger);
});

test("its errors are engine errors here, though of another class", async () => {
  const values = [bind(Logger, silentLogger)];
  await using kernel = await Kernel.start({ plugins: [foreign.foreignStore()], values, host: anyHost });
  const error = await kernel
    .get(StateStore)
    .get("bucket", "key")
    .catch((thrown: unknown) => thrown);
  expect(isEngineError(error, "unavailable")).toBe(true);
  expect(isEngineError(error, "conflict")).toBe(false);
});

test("a second copy of the kernel wires it in the same process", async () => {
  const OtherKernel = foreign.Kernel as typeof Kernel;
  const values = [bind(Logger, silentLogger)];
  await using first = await Kernel.start({ plugins: [foreign.foreignStore()], values, host: anyHost });
  await using second = await OtherKernel.start({ plugins: [foreign.foreignStore()], values, host: anyHost });
  expect(second.get(StateStore)).not.toBe(first.get(StateStore));
});
