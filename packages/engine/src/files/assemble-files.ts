import { ContainerCommitter } from "../containers/container-committer.ts";
import type { ContainerControl } from "../containers/container-control.ts";
import type { ContainerLifecycle } from "../containers/container-lifecycle.ts";
import type { ContainerPaths } from "../containers/container-paths.ts";
import { ContainerPruner } from "../containers/container-pruner.ts";
import type { ContainerStore } from "../containers/container-store.ts";
import type { EngineComponents } from "../engine-components.ts";
import type { ContainerEvents } from "../events/container-events.ts";
import type { HostMounts } from "../host-mounts.ts";
import type { ImageSide } from "../images/assemble-images.ts";
import { ContainerFiles } from "./container-files.ts";
import { ContainerRoots } from "./container-roots.ts";

export interface FilesParts {
  components: EngineComponents;
  imageSide: ImageSide;
  store: ContainerStore;
  lifecycle: ContainerLifecycle;
  control: ContainerControl;
  paths: ContainerPaths;
  mounts: HostMounts;
  events: ContainerEvents;
}

export interface FilesSide {
  files: ContainerFiles;
  committer: ContainerCommitter;
  pruner: ContainerPruner;
}

/** Puts together what deals with containers' files. */
export function assembleFiles(parts: FilesParts): FilesSide {
  const { components, imageSide, store, lifecycle, control, paths, mounts, events } = parts;
  const { storage, differ, tree, volumes } = components;
  const roots = new ContainerRoots({ storage, volumes, mounts, lifecycle, paths });
  const files = new ContainerFiles({ storage, differ, tree, roots, events });
  return {
    files,
    committer: new ContainerCommitter({ ...imageSide, store, lifecycle, files, differ, events }),
    pruner: new ContainerPruner(store, control, storage),
  };
}
