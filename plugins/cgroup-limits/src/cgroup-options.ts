import { token } from "@gantry/core";
import { z } from "zod";

const groupPath = /^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/;

export const cgroupOptions = z
  .object({
    /** The group under which all groups of this engine live, below the root of each hierarchy. */
    parent: z.string().regex(groupPath, "must be a relative path of plain names").default("gantry"),
    /**
     * A cgroup2 mount, or a directory with one cgroup v1 mount per controller, to be used instead of what
     * /proc/self/mountinfo shows.
     */
    root: z.string().startsWith("/", "must be an absolute path").optional(),
  })
  .strict();

export type CgroupOptions = z.output<typeof cgroupOptions>;
export const CgroupOptions = token<CgroupOptions>("@gantry/cgroup-limits/options");
