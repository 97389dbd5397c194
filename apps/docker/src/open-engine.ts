import type { GlobalOptions } from "@gantry/cli-app";
import { RemoteEngine } from "@gantry/client";
import { EngineError, type Paths } from "@gantry/core";
import { dialHttp } from "@gantry/http-transport";
import { engineRoots } from "@gantry/runtime";

import { namedDaemon } from "./engine-address.ts";

/** What a command works on, and the end of it. */
export interface OpenedEngine {
  engine: RemoteEngine;
  close(): Promise<void>;
}

/** The daemon that was named, an engine in this process where that was asked for, or the daemon of the engine's directories. */
export async function openEngine(options: GlobalOptions): Promise<OpenedEngine> {
  const { env } = process;
  const named = namedDaemon(options, env);
  if (named !== undefined) return remote(await RemoteEngine.connect(await dialHttp(named.address, named.tls)));
  const roots = engineRoots({ root: options.dataRoot, execRoot: options.execRoot });
  if (options.embedded || env["GANTRY_EMBEDDED"] === "1") {
    const { openEmbedded } = await import("./embedded-engine.ts");
    return openEmbedded(roots, options.debug);
  }
  const { openOnDemand } = await import("./on-demand-daemon.ts");
  const engine = await openOnDemand(roots, env);
  // An exec root that was not named belongs to its data root.
  const bothNamed = (options.dataRoot ?? env["GANTRY_DATA_ROOT"]) && (options.execRoot ?? env["GANTRY_EXEC_ROOT"]);
  if (bothNamed) await checkDataRoot(engine, roots);
  return remote(engine);
}

/** Errors: `conflict` when the daemon that answers serves another data root, which the call must not touch. */
async function checkDataRoot(engine: RemoteEngine, { dataRoot, execRoot }: Paths): Promise<void> {
  const served = (await engine.info()).dataRoot;
  if (served === dataRoot) return;
  await engine.close();
  const remedy = "stop it, or name another --exec-root";
  throw new EngineError("conflict", `the daemon at ${execRoot} serves ${served} and not ${dataRoot}: ${remedy}`);
}

function remote(engine: RemoteEngine): OpenedEngine {
  return { engine, close: () => engine.close() };
}
