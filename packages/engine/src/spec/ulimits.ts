import type { ResourceLimit } from "@gantry/core";

import { invalidArgument } from "../engine-errors.ts";

const names: readonly string[] =
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(" ");

/** Errors: `invalid-argument` for an unknown name, or a soft limit above the hard one; -1 is no limit. */
export function resourceLimits(
  ulimits: readonly { name: string; soft: number; hard: number }[],
): readonly ResourceLimit[] {
  return ulimits.map(({ name, soft, hard }) => {
    if (!names.includes(name)) throw invalidArgument(`invalid ulimit type: ${name}`, { field: "ulimits" });
    if (hard !== -1 && (soft === -1 || soft > hard)) {
      const message = `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`;
      throw invalidArgument(message, { field: "ulimits" });
    }
    return { type: `RLIMIT_${name.toUpperCase()}`, soft, hard };
  });
}
