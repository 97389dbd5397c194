import { join } from "node:path";

import type { Runner } from "../runner.ts";
import { Stopwatch } from "../stopwatch.ts";

/** The floor: the kernel's work by two small programs, with no engine around it. */
export const bareUnshare: Runner = {
  name: "unshare+chroot",
  programs: ["unshare", "chroot"],
  async prepare({ directory, rootfs, cleanup }) {
    const stopwatch = cleanup.use(new Stopwatch(join(directory, "unshare.log")));
    return () => stopwatch.time(`unshare -muinpf --mount-proc chroot ${rootfs} /bin/true`);
  },
};
