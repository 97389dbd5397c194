import { parseArgs } from "node:util";

import { EngineError, messageOf } from "@gantry/core";

import { type LogLevel, logLevels } from "./line-logger.ts";

export interface DaemonOptions {
  dataRoot: string | undefined;
  execRoot: string | undefined;
  pidfile: string | undefined;
  logLevel: LogLevel;
  /** Addresses to listen at; none: the default one. */
  hosts: readonly string[];
  help: boolean;
  version: boolean;
}

export const daemonHelp = `Usage:  dockerd [OPTIONS]

A self-sufficient runtime for containers

Options:
      --data-root string   Directory of what survives a reboot (or GANTRY_DATA_ROOT)
      --exec-root string   Directory of run-time files (or GANTRY_EXEC_ROOT)
  -h, --help               Print this page
  -H, --host list          Socket to listen at (default unix://EXEC-ROOT/docker.sock)
  -l, --log-level string   Set the logging level: ${logLevels.join(", ")} (default "info")
  -p, --pidfile string     File to write the process id to
  -v, --version            Print version information and quit
`;

/** @throws EngineError `invalid-argument`, naming the option */
export function parseDaemonOptions(argv: readonly string[]): DaemonOptions {
  const { values } = parse(argv);
  const logLevel = logLevels.find((level) => level === values["log-level"]);
  if (logLevel === undefined) {
    const remedy = `use one of ${logLevels.join(", ")}`;
    throw new EngineError("invalid-argument", `invalid --log-level "${values["log-level"]}": ${remedy}`);
  }
  return {
    dataRoot: values["data-root"],
    execRoot: values["exec-root"],
    pidfile: values.pidfile,
    logLevel,
    hosts: values.host,
    help: values.help,
    version: values.version,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        "data-root": { type: "string" },
        "exec-root": { type: "string" },
        pidfile: { type: "string", short: "p" },
        "log-level": { type: "string", short: "l", default: "info" },
        host: { type: "string", short: "H", multiple: true, default: [] },
        help: { type: "boolean", short: "h", default: false },
        version: { type: "boolean", short: "v", default: false },
      },
    });
  } catch (cause) {
    const message = messageOf(cause).split(". ")[0]!;
    throw new EngineError("invalid-argument", `${message} (see dockerd --help)`, { cause });
  }
}
