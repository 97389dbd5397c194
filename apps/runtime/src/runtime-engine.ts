import type { CallOptions, Kernel, Paths, PluginReport } from "@gantry/core";
import { Engine } from "@gantry/engine";
import type { Containers, DiskUsage, EngineInfo, Events, Execs, Images, Volumes } from "@gantry/engine";

/** An engine in this process: the engine's face, and the end of it. */
export class RuntimeEngine implements Engine, AsyncDisposable {
  readonly containers: Containers;
  readonly images: Images;
  readonly execs: Execs;
  readonly events: Events;
  readonly volumes: Volumes;
  readonly paths: Paths;
  /** The wiring, for what is not part of the engine's face: `engine.kernel.getAll(Transport)`. */
  readonly kernel: Kernel;

  constructor(kernel: Kernel, paths: Paths) {
    const engine = kernel.get(Engine);
    this.containers = engine.containers;
    this.images = engine.images;
    this.execs = engine.execs;
    this.events = engine.events;
    this.volumes = engine.volumes;
    this.paths = paths;
    this.kernel = kernel;
  }

  diskUsage(call?: CallOptions): Promise<DiskUsage> {
    return this.kernel.get(Engine).diskUsage(call);
  }

  info(options?: CallOptions): Promise<EngineInfo> {
    return this.kernel.get(Engine).info(options);
  }

  /** Every plugin that was listed, with the reason where it is not wired. */
  plugins(): readonly PluginReport[] {
    return this.kernel.plugins();
  }

  /** Lets go of everything; running containers go on, and the next engine on this root takes them up. Repeatable. */
  close(): Promise<void> {
    return this.kernel.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
