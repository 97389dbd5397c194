import { definePlugin, ResourceLimiter, supported, unsupported } from "@gantry/core";

import { CgroupLimiter } from "./cgroup-limiter.ts";
import { CgroupOptions, cgroupOptions } from "./cgroup-options.ts";

export { CgroupLimiter } from "./cgroup-limiter.ts";
export { CgroupOptions } from "./cgroup-options.ts";

export const cgroupLimits = definePlugin<CgroupOptions>({
  name: "@gantry/cgroup-limits",
  options: cgroupOptions,
  provides: [ResourceLimiter],
  probe: (host, options) =>
    options.root !== undefined || host.cgroup2 || host.cgroup1.size > 0
      ? supported()
      : unsupported("no cgroups are mounted: mount cgroup2 on /sys/fs/cgroup"),
  register: (registrar, options) => {
    registrar.value(CgroupOptions, options);
    registrar.singleton(ResourceLimiter, CgroupLimiter);
  },
});
export default cgroupLimits;
