import { mkdir } from "node:fs/promises";

import {
  EngineError,
  Kernel,
  type KernelOptions,
  Logger,
  Paths,
  type Plugin,
  bind,
  messageOf,
  silentLogger,
} from "@gantry/core";

import { type EngineRoots, engineRoots } from "./engine-roots.ts";
import { mergePlugins, mergePreference } from "./merge-plugins.ts";
import { preset, presetPreference } from "./preset.ts";
import { RuntimeEngine } from "./runtime-engine.ts";

export interface EngineOptions extends EngineRoots {
  /** Replace those of the preset that provide the same, or are added to them. */
  plugins?: readonly Plugin[];
  /** Default: silence. */
  logger?: Logger;
  /** Which plugin provides an interface that several could. */
  prefer?: KernelOptions["prefer"];
}

/**
 * Starts an engine in this process. There is one for each data root at a time.
 *
 *     await using engine = await createEngine();
 *
 * Errors: `forbidden` without root's rights; `conflict`, naming the holder, when another process has an engine on this data
 * root; `unavailable` when a directory cannot be made; and whatever keeps a plugin from starting, with its name.
 */
export async function createEngine(options: EngineOptions = {}): Promise<RuntimeEngine> {
  const plugins = mergePlugins(preset(), options.plugins ?? []);
  requireRoot(plugins);
  const paths = engineRoots(options);
  await makeRoot(paths.dataRoot, 0o711);
  await makeRoot(paths.execRoot, 0o700);
  const kernel = await Kernel.start({
    plugins,
    values: [bind(Paths, paths), bind(Logger, options.logger ?? silentLogger)],
    prefer: mergePreference(presetPreference, options.prefer ?? {}, plugins),
  });
  return new RuntimeEngine(kernel, paths);
}

/** Asked before anything is made, as it is what a newcomer meets first. Other backends may need less. */
function requireRoot(plugins: readonly Plugin[]): void {
  const native = plugins.some(({ definition }) => definition.name === "@gantry/native-backend");
  if (native && process.geteuid?.() !== 0) {
    throw new EngineError("forbidden", "containers need root's rights: run this as root, or with sudo");
  }
}

async function makeRoot(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode });
  } catch (cause) {
    throw new EngineError("unavailable", `cannot make the directory ${path}: ${messageOf(cause)}`, { cause });
  }
}
