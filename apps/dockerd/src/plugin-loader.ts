import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

import { EngineError, type Plugin, type PluginFactory, messageOf } from "@gantry/core";

/** One of the `plugins` in the configuration file: an npm name or path, and what its options are. */
export interface PluginEntry {
  name: string;
  options: Readonly<Record<string, unknown>>;
}

/**
 * Imports plugins by name, as seen from the configuration file and then from this package. One that cannot be loaded stops the start.
 * Errors: `invalid-argument`, naming the plugin.
 */
export async function loadPlugins(entries: readonly PluginEntry[], configFile: string): Promise<readonly Plugin[]> {
  return Promise.all(entries.map((entry) => loadPlugin(entry, configFile)));
}

async function loadPlugin({ name, options }: PluginEntry, configFile: string): Promise<Plugin> {
  let module: { default?: unknown };
  try {
    module = (await import(resolve(name, configFile))) as { default?: unknown };
  } catch (cause) {
    throw new EngineError("invalid-argument", `cannot load the plugin ${name}: ${firstLine(messageOf(cause))}`, {
      cause,
    });
  }
  const factory = module.default;
  if (typeof factory !== "function" || !("definition" in factory)) {
    throw new EngineError("invalid-argument", `${name} is no plugin: its default export must come from definePlugin`);
  }
  return (factory as PluginFactory<unknown>)(options);
}

function resolve(name: string, configFile: string): string {
  try {
    return pathToFileURL(createRequire(configFile).resolve(name)).href;
  } catch {
    return import.meta.resolve(name);
  }
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
