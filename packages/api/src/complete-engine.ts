import type {
  ContainerVerbs,
  Containers,
  DiskUsage,
  Engine,
  Events,
  Execs,
  ImageVerbs,
  Images,
  Volumes,
} from "@gantry/engine";

/** An engine with every verb of its face. */
export type CompleteEngine = Engine & {
  readonly containers: Containers & ContainerVerbs;
  readonly images: Images & ImageVerbs;
  readonly execs: Execs;
  readonly events: Events;
  readonly volumes: Volumes;
  diskUsage(): Promise<DiskUsage>;
};
