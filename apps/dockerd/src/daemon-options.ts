import { parseArgs } from "node:util";

import { EngineError, messageOf } from "@gantry/core";

import { type ConfigFile, defaultConfigFile, readConfigFile } from "./config-file.ts";
import { type Settings, checkSetting, settingEntries } from "./daemon-settings.ts";
import { type LogLevel, logLevels } from "./line-logger.ts";
import type { PluginEntry } from "./plugin-loader.ts";

/** The command line, before the configuration file is looked at. */
export interface DaemonArguments {
  settings: Settings;
  configFile: string;
  /** Whether the user named the file. */
  configFileGiven: boolean;
  help: boolean;
  version: boolean;
  /** Check the configuration and leave. */
  validate: boolean;
}

export interface TlsFiles {
  ca: string | undefined;
  cert: string | undefined;
  key: string | undefined;
  /** Clients must show a certificate that the CA has signed. */
  verify: boolean;
}

export interface DaemonOptions {
  dataRoot: string | undefined;
  execRoot: string | undefined;
  pidfile: string | undefined;
  logLevel: LogLevel;
  /** Addresses to listen at; none: the default one. */
  hosts: readonly string[];
  /** Name of the unix socket's group; `undefined`: `docker`, where there is one. */
  group: string | undefined;
  labels: readonly string[];
  storageDriver: string | undefined;
  tls: TlsFiles | undefined;
  allowInsecureTcp: boolean;
  /** Seconds. */
  idleTimeout: number | undefined;
  plugins: readonly PluginEntry[];
  /** The configuration file's path; plugins are looked for from there. */
  configFile: string;
}

const ownFlags = {
  "config-file": { type: "string" },
  help: { type: "boolean", short: "h" },
  validate: { type: "boolean" },
  version: { type: "boolean", short: "v" },
} as const;

/** Errors: `invalid-argument`, naming the option. */
export function parseDaemonArguments(argv: readonly string[]): DaemonArguments {
  const values = parse(argv);
  const settings = settingEntries.flatMap(([name, setting]) => {
    const value = values[name];
    return value === undefined ? [] : [[name, checkSetting(setting, `--${name}`, value)]];
  });
  const configFile = values["config-file"];
  return {
    settings: Object.fromEntries(settings) as Settings,
    configFile: typeof configFile === "string" ? configFile : defaultConfigFile,
    configFileGiven: configFile !== undefined,
    help: values["help"] === true,
    version: values["version"] === true,
    validate: values["validate"] === true,
  };
}

/**
 * Joins the command line with the configuration file. What both say is refused, as Docker does, for nobody could tell which holds.
 * Errors: `invalid-argument`.
 */
export async function resolveDaemonOptions(given: DaemonArguments): Promise<DaemonOptions> {
  const file = await readConfigFile(given.configFile, given.configFileGiven);
  const both = Object.keys(file.settings).filter((name) => name in given.settings);
  if (both.length > 0) {
    const message = `the following directives are specified both as a flag and in the configuration file: ${both.join(", ")}`;
    throw new EngineError("invalid-argument", message);
  }
  return daemonOptions({ ...file.settings, ...given.settings }, file, given.configFile);
}

function daemonOptions(said: Settings, { plugins }: ConfigFile, configFile: string): DaemonOptions {
  if (said["live-restore"] === false) {
    throw new EngineError(
      "unsupported",
      "live-restore cannot be turned off: containers always go on without the daemon",
    );
  }
  const verify = said.tlsverify ?? false;
  const tls = { ca: said.tlscacert, cert: said.tlscert, key: said.tlskey, verify };
  return {
    dataRoot: said["data-root"],
    execRoot: said["exec-root"],
    pidfile: said.pidfile,
    logLevel: logLevelOf(said),
    hosts: said.host ?? [],
    group: said.group,
    labels: said.label ?? [],
    storageDriver: said["storage-driver"],
    tls: verify || said.tls ? tls : undefined,
    allowInsecureTcp: said["allow-insecure-tcp"] ?? false,
    idleTimeout: said["idle-timeout"],
    plugins,
    configFile,
  };
}

function logLevelOf(said: Settings): LogLevel {
  if (said.debug) return "debug";
  const asked = said["log-level"] ?? "info";
  const level = logLevels.find((known) => known === asked);
  if (level !== undefined) return level;
  throw new EngineError("invalid-argument", `invalid --log-level "${asked}": use one of ${logLevels.join(", ")}`);
}

function parse(argv: readonly string[]): Readonly<Record<string, unknown>> {
  const flags = settingEntries.map(([name, { type, short }]) => {
    const form = type === "boolean" ? { type } : { type: "string" as const, multiple: type === "list" };
    return [name, short === undefined ? form : { ...form, short }] as const;
  });
  try {
    return parseArgs({ args: [...argv], options: { ...Object.fromEntries(flags), ...ownFlags } }).values;
  } catch (cause) {
    const message = messageOf(cause).split(". ")[0]!;
    throw new EngineError("invalid-argument", `${message} (see dockerd --help)`, { cause });
  }
}

export function daemonHelp(): string {
  const own = [
    ["config-file", { placeholder: "string", summary: `Daemon configuration file (default "${defaultConfigFile}")` }],
    ["help", { short: "h", summary: "Print this page" }],
    ["validate", { summary: "Validate the configuration and exit" }],
    ["version", { short: "v", summary: "Print version information and quit" }],
  ] as const;
  const all: readonly (readonly [string, { short?: string; placeholder?: string; summary: string }])[] = [
    ...settingEntries,
    ...own,
  ];
  const lines = all
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, { short, placeholder, summary }]) => {
      const flag = `${short === undefined ? "   " : `-${short},`} --${name}${placeholder ? ` ${placeholder}` : ""}`;
      return `  ${flag.padEnd(30)} ${summary}\n`;
    });
  return `Usage:  dockerd [OPTIONS]\n\nA self-sufficient runtime for containers\n\nOptions:\n${lines.join("")}`;
}
