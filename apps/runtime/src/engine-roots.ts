import { resolve } from "node:path";

import type { Paths } from "@gantry/core";

/** What may be said of an engine's two directories. */
export interface EngineRoots {
  /** Default: `GANTRY_DATA_ROOT`, else /var/lib/gantry. */
  root?: string | undefined;
  /**
   * Default: `GANTRY_EXEC_ROOT`, else /run/gantry; for another data root than the default one, a directory /run/gantry-HASH of
   * its own, so that engines on one machine do not meet.
   */
  execRoot?: string | undefined;
}

const defaultDataRoot = "/var/lib/gantry";
const defaultExecRoot = "/run/gantry";

/** Decides on an engine's directories, without touching them. */
export function engineRoots(options: EngineRoots, environment: NodeJS.ProcessEnv = process.env): Paths {
  const dataRoot = resolve(options.root || environment["GANTRY_DATA_ROOT"] || defaultDataRoot);
  const execRoot = options.execRoot || environment["GANTRY_EXEC_ROOT"] || execRootOf(dataRoot);
  return { dataRoot, execRoot: resolve(execRoot) };
}

function execRootOf(dataRoot: string): string {
  if (dataRoot === defaultDataRoot) return defaultExecRoot;
  // Loaded where it is needed: the command decides on its roots at each call, and mostly on the default ones.
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  return `${defaultExecRoot}-${hash.update(dataRoot).digest("hex").slice(0, 8)}`;
}
