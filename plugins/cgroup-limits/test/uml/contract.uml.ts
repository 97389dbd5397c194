import { resourceLimiterContract } from "@gantry/testkit";

import { cgroupLimits } from "../../src/index.ts";

resourceLimiterContract("cgroup v2 with controllers", { plugins: () => [cgroupLimits()], needs: ["linux", "root"] });
