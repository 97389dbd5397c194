import { join } from "node:path";

import { createEngine } from "@gantry/runtime";

import type { Runner } from "../runner.ts";

/** This engine, embedded in the process that measures. */
export const gantry: Runner = {
  name: "gantry",
  programs: [],
  async prepare({ directory, cleanup }) {
    const root = join(directory, "gantry");
    const engine = cleanup.use(await createEngine({ root, execRoot: `${root}-run` }));
    await engine.images.pull("busybox");
    return async () => {
      const begin = performance.now();
      const { id } = await engine.containers.create({
        config: { image: "busybox", command: ["true"] },
        hostConfig: { networkMode: "none" },
      });
      await engine.containers.start(id);
      const { exitCode } = await engine.containers.wait(id);
      await engine.containers.remove(id);
      if (exitCode !== 0) throw new Error(`true exited with ${exitCode}`);
      return performance.now() - begin;
    };
  },
};
