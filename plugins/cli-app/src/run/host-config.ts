import type { CommandHost } from "@gantry/core";
import type { HostConfig } from "@gantry/engine";

import type { OptionValues } from "../parsing/option-values.ts";
import { parseCpus, parseInteger, parseSize, parseSizeOrUnlimited } from "../parsing/parse-numbers.ts";
import { groupPairs, parseAssignment, parseTmpfs } from "../parsing/parse-pairs.ts";
import { parseUlimit } from "../parsing/parse-ulimit.ts";
import { InvalidValue } from "../parsing/usage-error.ts";
import { absoluteBind } from "./absolute-bind.ts";
import { present } from "./present.ts";

/** What `docker run` says of the host's side of a container; what it does not say is left to the engine. */
export function hostConfigOf(values: OptionValues, host: CommandHost, terminal: boolean): Partial<HostConfig> {
  return {
    resources: resourcesOf(values),
    binds: values.list("volume").map((bind) => absoluteBind(bind, host.workingDirectory())),
    tmpfs: Object.fromEntries(values.parsedList("tmpfs", parseTmpfs)),
    networkMode: values.parsed("network", networkMode) ?? "none",
    readonlyRoot: values.flag("read-only"),
    autoRemove: values.flag("rm"),
    privileged: values.flag("privileged"),
    capabilitiesAdd: values.list("cap-add"),
    capabilitiesDrop: values.list("cap-drop"),
    securityOptions: values.list("security-opt"),
    groupAdd: values.list("group-add"),
    ulimits: values.parsedList("ulimit", parseUlimit),
    sysctls: Object.fromEntries(values.parsedList("sysctl", parseAssignment)),
    ...present({
      shmSize: values.parsed("shm-size", parseSize),
      oomScoreAdj: values.parsed("oom-score-adj", parseInteger),
      logDriver: logDriverOf(values),
      consoleSize: terminal ? host.stdout.size() : undefined,
    }),
  };
}

function resourcesOf(values: OptionValues): HostConfig["resources"] {
  return present({
    memory: values.parsed("memory", parseSize),
    memorySwap: values.parsed("memory-swap", parseSizeOrUnlimited),
    cpuShares: values.parsed("cpu-shares", parseInteger),
    cpusetCpus: values.text("cpuset-cpus"),
    pids: values.parsed("pids-limit", parseInteger),
    nanoCpus: values.parsed("cpus", parseCpus),
  });
}

function logDriverOf(values: OptionValues): HostConfig["logDriver"] | undefined {
  const name = values.text("log-driver");
  const options = Object.entries(groupPairs(values.parsedList("log-opt", parseAssignment)));
  if (name === undefined && options.length === 0) return undefined;
  return { name: name ?? "json-file", options: Object.fromEntries(options.map(([key, all]) => [key, all.at(-1)!])) };
}

function networkMode(text: string): HostConfig["networkMode"] {
  if (text === "none" || text === "host") return text;
  throw new InvalidValue("network not found: use none or host");
}
