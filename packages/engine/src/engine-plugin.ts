import {
  definePlugin,
  FileTree,
  ImageSource,
  ImageStore,
  IsolationBackend,
  LayerDiffer,
  LogDriver,
  Logger,
  Mounter,
  Paths,
  ResourceLimiter,
  StateStore,
  StorageDriver,
  VolumeDriver,
} from "@gantry/core";

import { EngineComponents, InjectedComponents } from "./engine-components.ts";
import { Engine } from "./engine.ts";
import { LocalEngine } from "./local-engine.ts";

/** The engine as a plugin: containers and images over whatever plugins provide the parts. */
export const engine = definePlugin<object>({
  name: "@gantry/engine",
  provides: [Engine],
  requires: [
    StorageDriver,
    LayerDiffer,
    IsolationBackend,
    ImageStore,
    StateStore,
    LogDriver,
    Paths,
    Logger,
    ImageSource,
    ResourceLimiter,
    VolumeDriver,
    Mounter,
    FileTree,
  ],
  register: (registrar) => {
    registrar.singleton(EngineComponents, InjectedComponents);
    registrar.singleton(Engine, LocalEngine);
  },
});
