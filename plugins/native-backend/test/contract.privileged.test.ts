import { existsSync } from "node:fs";
import { join } from "node:path";

import { cgroupLimits } from "@gantry/cgroup-limits";
import { linuxHelper } from "@gantry/linux";
import { isolationBackendContract } from "@gantry/testkit";
import { describe } from "vitest";

import { nativeBackend } from "../src/index.ts";
import { makeBusyboxRoot, rootMissing } from "./fixtures/busybox-root.ts";

const parent = `gantry-native-${process.pid}`;

describe.skipIf(rootMissing)(`with a root of busybox (skipped where ${rootMissing ?? "there is none"})`, () => {
  isolationBackendContract("native", {
    plugins: () => [linuxHelper(), cgroupLimits({ parent }), nativeBackend()],
    needs: ["linux", "root"],
    rootfs: async ({ dir }) => {
      const source = join(dir, "rootfs");
      if (!existsSync(source)) makeBusyboxRoot(source);
      return [{ type: "bind", source, options: ["rbind"] }];
    },
  });
});
