import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Runner } from "../runner.ts";
import { Stopwatch } from "../stopwatch.ts";

export const lxc: Runner = {
  name: "lxc-start",
  programs: ["lxc-start"],
  async prepare({ directory, rootfs, cleanup }) {
    const path = join(directory, "lxc");
    mkdirSync(join(path, "bench"), { recursive: true });
    const config = [
      `lxc.rootfs.path = dir:${rootfs}`,
      "lxc.uts.name = bench",
      "lxc.net.0.type = empty",
      "lxc.mount.auto = proc:mixed",
      "lxc.init.cmd = /bin/true",
      "lxc.pty.max = 0",
      "lxc.tty.max = 0",
    ];
    writeFileSync(join(path, "bench/config"), config.join("\n"));
    const stopwatch = cleanup.use(new Stopwatch(join(directory, "lxc.log")));
    return () => stopwatch.time(`lxc-start -F -P ${path} -n bench`);
  },
};
