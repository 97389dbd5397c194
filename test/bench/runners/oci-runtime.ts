import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Runner } from "../runner.ts";
import { Stopwatch } from "../stopwatch.ts";

/** crun refuses machines where cgroup v1 and v2 are both mounted, so it is shown v1 only. */
export const hideUnifiedCgroup = "umount -l /sys/fs/cgroup/unified 2>/dev/null || true";

export function ociRuntime(program: "runc" | "crun"): Runner {
  return {
    name: program,
    programs: [program],
    async prepare({ directory, rootfs, cleanup }) {
      const bundle = join(directory, program);
      mkdirSync(bundle);
      execFileSync(program, ["spec"], { cwd: bundle });
      const path = join(bundle, "config.json");
      const spec = JSON.parse(readFileSync(path, "utf8")) as {
        process: { terminal: boolean; args: string[]; rlimits?: unknown };
        root: { path: string };
      };
      spec.process.terminal = false;
      spec.process.args = ["/bin/true"];
      delete spec.process.rlimits;
      spec.root.path = rootfs;
      writeFileSync(path, JSON.stringify(spec));
      const prelude = program === "crun" ? hideUnifiedCgroup : undefined;
      const stopwatch = cleanup.use(new Stopwatch(join(directory, `${program}.log`), prelude));
      const state = join(directory, `${program}-state`);
      let count = 0;
      return () =>
        stopwatch.time(`${program} --root ${state} run --bundle ${bundle} bench-${process.pid}-${(count += 1)}`);
    },
  };
}
