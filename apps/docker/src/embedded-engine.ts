import { InProcessConnection, RemoteEngine } from "@gantry/client";
import { type Paths, silentLogger } from "@gantry/core";
import { apiFacts, engineHandler, engineId } from "@gantry/dockerd";
import { createEngine } from "@gantry/runtime";

import type { OpenedEngine } from "./open-engine.ts";
import { stderrLogger } from "./stderr-logger.ts";
import { version } from "./version.ts";

/** An engine in this process, answering as a daemon does. */
export async function openEmbedded({ dataRoot, execRoot }: Paths, debug: boolean): Promise<OpenedEngine> {
  const local = await createEngine({ root: dataRoot, execRoot, logger: debug ? stderrLogger : silentLogger });
  try {
    const facts = apiFacts({
      id: await engineId(dataRoot),
      version: version(),
      kernel: local.kernel,
      labels: () => [],
      debug: () => debug,
    });
    const handler = engineHandler(local, facts, () => local.plugins());
    const engine = await RemoteEngine.connect(new InProcessConnection(handler));
    return {
      engine,
      close: async () => {
        await engine.close();
        await local.close();
      },
    };
  } catch (thrown) {
    await local.close();
    throw thrown;
  }
}
