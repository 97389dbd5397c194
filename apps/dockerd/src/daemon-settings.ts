import { EngineError } from "@gantry/core";

/** One thing that can be said of the daemon, on the command line and in the configuration file. */
export interface Setting {
  type: "string" | "boolean" | "list" | "seconds";
  /** Of the command line. */
  short?: string;
  /** In the configuration file, where it differs from the flag's name. */
  key?: string;
  /** After the flag's name in the help. */
  placeholder?: string;
  summary: string;
}

/** By the flag's name, in the order of the help. */
export const settings = {
  "allow-insecure-tcp": {
    type: "boolean",
    summary: "Listen without TLS on addresses that other machines reach; who reaches them is root here",
  },
  "data-root": { type: "string", placeholder: "string", summary: "Directory of what survives a reboot" },
  debug: { type: "boolean", short: "D", summary: "Enable debug mode" },
  "exec-root": { type: "string", placeholder: "string", summary: "Directory of run-time files" },
  group: { type: "string", short: "G", placeholder: "string", summary: 'Group for the unix socket (default "docker")' },
  host: { type: "list", short: "H", key: "hosts", placeholder: "list", summary: "Socket to listen at" },
  "idle-timeout": {
    type: "seconds",
    placeholder: "seconds",
    summary: "Leave when no client has come for so long and no container needs the engine",
  },
  label: { type: "list", key: "labels", placeholder: "list", summary: "Set key=value labels to the daemon" },
  "live-restore": { type: "boolean", summary: "Containers go on without the daemon: always so" },
  "log-level": { type: "string", short: "l", placeholder: "string", summary: 'Set the logging level (default "info")' },
  pidfile: { type: "string", short: "p", placeholder: "string", summary: "File to write the process id to" },
  "storage-driver": { type: "string", short: "s", placeholder: "string", summary: "Storage driver to use" },
  tls: { type: "boolean", summary: "Use TLS; implied by --tlsverify" },
  tlscacert: { type: "string", placeholder: "string", summary: "Trust clients with certificates signed by this CA" },
  tlscert: { type: "string", placeholder: "string", summary: "Path to the TLS certificate file" },
  tlskey: { type: "string", placeholder: "string", summary: "Path to the TLS key file" },
  tlsverify: { type: "boolean", summary: "Use TLS and verify the clients" },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingName = keyof typeof settings;
type Value<S extends Setting> = S["type"] extends "boolean"
  ? boolean
  : S["type"] extends "list"
    ? readonly string[]
    : S["type"] extends "seconds"
      ? number
      : string;
/** What was said; what was not said is absent. */
export type Settings = { [N in SettingName]?: Value<(typeof settings)[N]> };

export const settingEntries = Object.entries(settings) as unknown as readonly (readonly [SettingName, Setting])[];

/** Errors: `invalid-argument`, naming the setting. @param name as the user knows it */
export function checkSetting({ type }: Setting, name: string, value: unknown): unknown {
  if (type === "boolean" && typeof value === "boolean") return value;
  if (type === "string" && typeof value === "string") return value;
  if (type === "list" && Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  if (type === "seconds") {
    const seconds = typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    if (typeof seconds === "number" && seconds > 0 && seconds <= 2_000_000) return seconds;
  }
  const wanted = { boolean: "true or false", string: "a string", list: "a list of strings", seconds: "seconds" }[type];
  throw new EngineError("invalid-argument", `${name} must be ${wanted}`, { details: { field: name } });
}
