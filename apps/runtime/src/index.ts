export { type EngineOptions, createEngine } from "./create-engine.ts";
export { type EngineRoots, engineRoots } from "./engine-roots.ts";
export { preset } from "./preset.ts";
export { RuntimeEngine } from "./runtime-engine.ts";
