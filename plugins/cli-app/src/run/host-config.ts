import type { CommandHost } from "@gantry/core";
import type { HostConfig } from "@gantry/engine";

import type { OptionValues } from "../parsing/option-values.ts";
import { parseMount } from "../parsing/parse-mount.ts";
import { parseInteger, parseSize } from "../parsing/parse-numbers.ts";
import { groupPairs, parseAssignment, parseTmpfs } from "../parsing/parse-pairs.ts";
import { parseRestartPolicy } from "../parsing/parse-restart-policy.ts";
import { parseUlimit } from "../parsing/parse-ulimit.ts";
import { absoluteBind } from "./absolute-bind.ts";
import { present } from "./present.ts";
import { resourcesOf } from "./resource-options.ts";

/** What `docker run` says of the host's side of a container; what it does not say is left to the engine. */
export function hostConfigOf(values: OptionValues, host: CommandHost, terminal: boolean): Partial<HostConfig> {
  const mounts = values.parsedList("mount", parseMount);
  const binds = [...values.list("volume"), ...mounts.flatMap((mount) => ("bind" in mount ? [mount.bind] : []))];
  const tmpfs = [
    ...values.parsedList("tmpfs", parseTmpfs),
    ...mounts.flatMap((mount) => ("tmpfs" in mount ? [mount.tmpfs] : [])),
  ];
  return {
    resources: resourcesOf(values),
    binds: binds.map((bind) => absoluteBind(bind, host.workingDirectory())),
    tmpfs: Object.fromEntries(tmpfs),
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
      networkMode: values.text("network") as HostConfig["networkMode"] | undefined,
      restartPolicy: values.parsed("restart", parseRestartPolicy),
      init: values.flag("init") || undefined,
      shmSize: values.parsed("shm-size", parseSize),
      oomScoreAdj: values.parsed("oom-score-adj", parseInteger),
      logDriver: logDriverOf(values),
      consoleSize: terminal ? host.stdout.size() : undefined,
    }),
  };
}

function logDriverOf(values: OptionValues): HostConfig["logDriver"] | undefined {
  const name = values.text("log-driver");
  const options = Object.entries(groupPairs(values.parsedList("log-opt", parseAssignment)));
  if (name === undefined && options.length === 0) return undefined;
  return { name: name ?? "json-file", options: Object.fromEntries(options.map(([key, all]) => [key, all.at(-1)!])) };
}
