import path from "node:path";

import type { Paths } from "@gantry/core";

/** Where a container's own files lie: `<dataRoot>/containers/<id>`. */
export class ContainerPaths {
  readonly root: string;

  constructor(paths: Paths) {
    this.root = path.join(paths.dataRoot, "containers");
  }

  directory(id: string): string {
    return path.join(this.root, id);
  }

  /** For the isolation backend's records: exit status, output. */
  monitor(id: string): string {
    return path.join(this.root, id, "monitor");
  }

  /** For the records of further processes. */
  execs(id: string): string {
    return path.join(this.root, id, "execs");
  }

  exec(id: string, execId: string): string {
    return path.join(this.root, id, "execs", execId);
  }

  file(id: string, name: "hostname" | "hosts" | "resolv.conf"): string {
    return path.join(this.root, id, name);
  }
}
