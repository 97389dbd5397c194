import { bind, definePlugin, FileTree, Kernel, LayerDiffer, Logger, Mounter, Paths, silentLogger } from "@gantry/core";
import {
  MemoryFileTree,
  memoryImageStore,
  memoryIsolationBackend,
  memoryLogDriver,
  memoryResourceLimiter,
  memoryStateStore,
  memoryStorageDriver,
  memoryVolumeDriver,
  temporaryDirectory,
} from "@gantry/testkit";
import { describe, expect, it } from "vitest";

import { Engine, engine } from "../src/index.ts";
import { FakeDiffer } from "./fake-image.ts";

const parts = definePlugin({
  name: "parts",
  provides: [LayerDiffer, FileTree, Mounter],
  register: (registrar) => {
    registrar.value(LayerDiffer, new FakeDiffer());
    registrar.value(FileTree, new MemoryFileTree());
    registrar.value(Mounter, { mount: async () => {}, unmount: async () => {} });
  },
});

describe("the engine's plugin", () => {
  it("is wired by a kernel, without any image source", async () => {
    await using dir = await temporaryDirectory();
    const root = dir.path;
    await using kernel = await Kernel.start({
      values: [bind(Paths, { dataRoot: root, execRoot: root }), bind(Logger, silentLogger)],
      plugins: [
        engine(),
        parts(),
        ...[memoryImageStore, memoryIsolationBackend, memoryLogDriver, memoryResourceLimiter, memoryStateStore].map(
          (make) => make(),
        ),
        memoryStorageDriver({ root }),
        memoryVolumeDriver({ root }),
      ],
    });
    const wired = kernel.get(Engine);
    expect(await wired.info()).toMatchObject({ storageDriver: "memory", images: 0, dataRoot: root });
    await expect(wired.images.pull("busybox")).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("No such image: busybox:latest: nothing here gets images of this name"),
    });
  });
});
