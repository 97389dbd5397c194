import {
  FileTree,
  ImageSource,
  ImageStore,
  inject,
  IsolationBackend,
  LayerDiffer,
  LogDriver,
  Logger,
  Mounter,
  Paths,
  ResourceLimiter,
  StateStore,
  StorageDriver,
  token,
  VolumeDriver,
} from "@gantry/core";

/** The parts that an engine is assembled from. What an absent one would do is refused, with its name. */
export interface EngineComponents {
  readonly storage: StorageDriver;
  readonly differ: LayerDiffer;
  readonly isolation: IsolationBackend;
  readonly imageStore: ImageStore;
  readonly state: StateStore;
  readonly logs: LogDriver;
  readonly paths: Paths;
  readonly logger: Logger;
  /** Asked in order. */
  readonly sources: readonly ImageSource[];
  readonly limiter?: ResourceLimiter;
  readonly volumes?: VolumeDriver;
  readonly mounter?: Mounter;
  readonly tree?: FileTree;
}
export const EngineComponents = token<EngineComponents>("@gantry/engine/components");

/** The same, as a kernel wires it: there each part has its plugin. */
export class InjectedComponents implements EngineComponents {
  constructor(
    @inject(StorageDriver) readonly storage: StorageDriver,
    @inject(LayerDiffer) readonly differ: LayerDiffer,
    @inject(IsolationBackend) readonly isolation: IsolationBackend,
    @inject(ImageStore) readonly imageStore: ImageStore,
    @inject(StateStore) readonly state: StateStore,
    @inject(LogDriver) readonly logs: LogDriver,
    @inject(Paths) readonly paths: Paths,
    @inject(Logger) readonly logger: Logger,
    @inject(ImageSource) readonly sources: readonly ImageSource[],
    @inject(ResourceLimiter) readonly limiter: ResourceLimiter,
    @inject(VolumeDriver) readonly volumes: VolumeDriver,
    @inject(Mounter) readonly mounter: Mounter,
    @inject(FileTree) readonly tree: FileTree,
  ) {}
}
