import { join } from "node:path";

import { FileTree, Mounter, Paths, definePlugin, inject, supported, unsupported } from "@gantry/core";

import { HelperFileTree } from "./file-tree.ts";
import { HelperProcess } from "./helper-process.ts";
import { Helper } from "./helper.ts";
import { HelperMounter } from "./mounter.ts";

/** The helper of an engine: it holds the lock of the engine's data root. */
class EngineHelper extends HelperProcess {
  constructor(@inject(Paths) paths: Paths) {
    super({ lockFile: join(paths.dataRoot, "engine.lock") });
  }
}

/** The native helper and what is done through it: processes, mounts, file trees. */
export const linuxHelper = definePlugin<object>({
  name: "@gantry/linux",
  provides: [Helper, Mounter, FileTree],
  requires: [Paths],
  probe: (host) =>
    host.platform === "linux" ? supported() : unsupported(`containers need Linux, and this is ${host.platform}`),
  register: (registrar) => {
    registrar.singleton(Helper, EngineHelper);
    registrar.singleton(Mounter, HelperMounter);
    registrar.singleton(FileTree, HelperFileTree);
  },
});
