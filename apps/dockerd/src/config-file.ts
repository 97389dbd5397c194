import { readFile } from "node:fs/promises";

import { EngineError } from "@gantry/core";

import { type Settings, checkSetting, settingEntries } from "./daemon-settings.ts";
import type { PluginEntry } from "./plugin-loader.ts";

export const defaultConfigFile = "/etc/docker/daemon.json";

export interface ConfigFile {
  settings: Settings;
  plugins: readonly PluginEntry[];
}

/**
 * Reads the configuration file: Docker's keys that this daemon knows, and `plugins`, a list of names or of `{"name", "options"}`.
 * @param required whether it must be there
 * Errors: `invalid-argument` for what it cannot mean, `not-found`.
 */
export async function readConfigFile(file: string, required: boolean): Promise<ConfigFile> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" && !required) return "{}";
    throw new EngineError("not-found", `cannot read the configuration file ${file}: ${cause.message}`, { cause });
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, "it is not JSON", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(file, "it is not an object");
  const { plugins = [], ...rest } = value as Record<string, unknown>;
  return { settings: readSettings(file, rest), plugins: readPlugins(file, plugins) };
}

function readSettings(file: string, given: Readonly<Record<string, unknown>>): Settings {
  const byKey = new Map(settingEntries.map(([name, setting]) => [setting.key ?? name, [name, setting] as const]));
  const unknown = Object.keys(given).filter((key) => !byKey.has(key));
  if (unknown.length > 0) {
    throw invalid(file, `the following directives don't match any configuration option: ${unknown.join(", ")}`);
  }
  const read = Object.entries(given).map(([key, value]) => {
    const [name, setting] = byKey.get(key)!;
    return [name, checkSetting(setting, `${key} in ${file}`, value)];
  });
  return Object.fromEntries(read) as Settings;
}

function readPlugins(file: string, given: unknown): readonly PluginEntry[] {
  if (!Array.isArray(given)) throw invalid(file, "plugins must be a list");
  return given.map((item: unknown) => {
    if (typeof item === "string") return { name: item, options: {} };
    const { name, options = {} } = (item ?? {}) as { name?: unknown; options?: unknown };
    if (typeof name === "string" && typeof options === "object" && options !== null) {
      return { name, options: options as Record<string, unknown> };
    }
    throw invalid(file, 'each of plugins must be a name or {"name", "options"}');
  });
}

function invalid(file: string, why: string, cause?: unknown): EngineError {
  const message = `unable to configure the daemon with file ${file}: ${why}`;
  return new EngineError("invalid-argument", message, { cause, details: { field: "config-file" } });
}
