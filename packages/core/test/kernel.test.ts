import { expect, test } from "vitest";

import { Kernel, StateStore, bind, definePlugin, inject, manyToken, token, Logger, silentLogger } from "@gantry/core";

test("smoke", async () => {
  class Store {
    constructor(@inject(Logger) readonly logger: Logger) {}
    start() {
      seen.push("start");
    }
    stop() {
      seen.push("stop");
    }
  }
  const seen: string[] = [];
  const p = definePlugin({
    name: "p",
    provides: [StateStore],
    requires: [Logger],
    register: (r) => r.singleton(StateStore, Store as never),
  });
  const kernel = await Kernel.start({ plugins: [p()], values: [bind(Logger, silentLogger)] });
  expect((kernel.get(StateStore) as any).logger).toBe(silentLogger);
  await kernel.stop();
  expect(seen).toEqual(["start", "stop"]);
});
