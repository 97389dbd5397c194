import type { ProcessSpec } from "@gantry/core";
import type { Step } from "@gantry/linux";

import { unlimited } from "./kernel-constants.ts";
import { invalidSpec } from "./spec-error.ts";

const defaultUmask = 0o022;

/** In the order of their numbers, from asm-generic/resource.h. */
const rlimits = [
  "CPU",
  "FSIZE",
  "DATA",
  "STACK",
  "CORE",
  "RSS",
  "NPROC",
  "NOFILE",
  "MEMLOCK",
  "AS",
  "LOCKS",
  "SIGPENDING",
  "MSGQUEUE",
  "NICE",
  "RTPRIO",
  "RTTIME",
];

/** The OOM score, while the host's /proc is in reach. */
export function compileOomScore({ oomScoreAdj }: ProcessSpec): Step[] {
  return oomScoreAdj === undefined
    ? []
    : [{ do: "write-file", path: "/proc/self/oom_score_adj", data: String(oomScoreAdj) }];
}

/** Limits, session, terminal and working directory. */
export function compileEnvironment(process: ProcessSpec, console: boolean): Step[] {
  const { cwd, consoleSize, user } = process;
  const { rows = 0, columns = 0 } = consoleSize ?? {};
  return [
    ...process.rlimits.map(({ type, soft, hard }): Step => {
      return { do: "rlimit", resource: resourceNumber(type), soft: limitValue(soft), hard: limitValue(hard) };
    }),
    process.terminal ? { do: "terminal", rows, columns, uid: user.uid, console } : { do: "set-session" },
    { do: "umask", mask: user.umask ?? defaultUmask },
    { do: "change-directory", path: cwd, create: true, uid: 0, gid: 0 },
  ];
}

/** @throws EngineError `invalid-argument` for an unknown name */
export function resourceNumber(type: string): number {
  const number = rlimits.indexOf(type.replace(/^RLIMIT_/, ""));
  if (number < 0) throw invalidSpec("rlimits", `there is no ${type}; names are such as RLIMIT_NOFILE`);
  return number;
}

/** -1, and what a double cannot hold, stand for no limit. */
function limitValue(value: number): bigint {
  return value < 0 || value >= Number(unlimited) ? unlimited : BigInt(value);
}
