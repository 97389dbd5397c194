import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Runner } from "../runner.ts";
import { Stopwatch } from "../stopwatch.ts";
import { hideUnifiedCgroup } from "./oci-runtime.ts";

export const podman: Runner = {
  name: "podman+crun",
  programs: ["podman", "crun", "conmon"],
  async prepare({ directory, tarball, cleanup }) {
    const configuration = join(directory, "containers.conf");
    const ulimits = 'default_ulimits=["nofile=20000:20000","nproc=4096:4096"]';
    const engine = '[engine]\ncgroup_manager="cgroupfs"\nevents_logger="none"\nruntime="crun"';
    writeFileSync(configuration, `[containers]\n${ulimits}\n${engine}\n`);
    const graph = join(directory, "podman");
    const base = `podman --root ${graph}/root --runroot ${graph}/run --tmpdir ${graph}/tmp --storage-driver overlay`;
    const prelude = `${hideUnifiedCgroup}; export CONTAINERS_CONF=${configuration}`;
    const stopwatch = cleanup.use(new Stopwatch(join(directory, "podman.log"), prelude));
    // Its stores hold mounts of its own: the system's tool must take them down.
    cleanup.defer(() => {
      const reset = `${prelude}; ${base} rm -af >/dev/null 2>&1; ${base} rmi -af >/dev/null 2>&1; umount -l ${graph}/root/overlay 2>/dev/null || true`;
      execFileSync("unshare", ["-m", "bash", "-c", reset], { stdio: "ignore" });
      execFileSync("bash", ["-c", `umount -l ${graph}/root/overlay 2>/dev/null || true`]);
    });
    await stopwatch.time(`${base} import ${tarball} bench`);
    return () => stopwatch.time(`${base} run --rm --network none bench true`);
  },
};
