import { existsSync } from "node:fs";

import { resourceLimiterContract } from "@gantry/testkit";
import { describe } from "vitest";

import { cgroupLimits } from "../src/index.ts";

/** In milliseconds; the run in user-mode Linux sets it. */
const patience = process.env["CONTRACT_TIMEOUT"];
const timeout = patience === undefined ? {} : { timeout: Number(patience) };
const parent = `gantry-test-${process.pid}`;

resourceLimiterContract("cgroups as this machine mounts them", {
  plugins: () => [cgroupLimits({ parent })],
  needs: ["linux", "root"],
  ...timeout,
});

/** Where systemd mounts cgroup v2 beside v1. It has no controllers there, but groups, freezer and kill. */
const unified = "/sys/fs/cgroup/unified";

describe.skipIf(!existsSync(`${unified}/cgroup.procs`))(
  "a hybrid system's v2 mount (skipped where there is none)",
  () => {
    resourceLimiterContract("cgroup v2 without controllers", {
      plugins: () => [cgroupLimits({ parent, root: unified })],
      needs: ["linux", "root"],
      lacks: ["enforcement"],
    });
  },
);
