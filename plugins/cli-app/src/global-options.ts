import type { CommandOption } from "@gantry/core";

import { flag, list, value } from "./parsing/option-specs.ts";
import type { OptionValues } from "./parsing/option-values.ts";
import { UsageError } from "./parsing/usage-error.ts";
import { present } from "./run/present.ts";

/** What stands before the command. */
export interface GlobalOptions {
  dataRoot?: string;
  execRoot?: string;
  debug: boolean;
  /** Keep the engine in this process. */
  embedded: boolean;
  /** The address of a daemon: `unix:///run/docker.sock`. */
  host?: string;
  tls: TlsOptions;
}

/** Paths, where they were given. */
export interface TlsOptions {
  use: boolean;
  verify: boolean;
  ca?: string;
  cert?: string;
  key?: string;
}

export const globalOptions: readonly CommandOption[] = [
  value("data-root", "string", "Directory of what survives a reboot (or GANTRY_DATA_ROOT)"),
  value("exec-root", "string", "Directory of run-time files (or GANTRY_EXEC_ROOT)"),
  flag("debug", "Print the engine's log and where an error came from", "D"),
  flag("embedded", "Keep the engine in this process (or GANTRY_EMBEDDED=1)"),
  list("host", "Daemon socket to connect to (or DOCKER_HOST)", "H"),
  flag("tls", "Use TLS; implied by --tlsverify"),
  value("tlscacert", "string", "Trust certs signed only by this CA"),
  value("tlscert", "string", "Path to TLS certificate file"),
  value("tlskey", "string", "Path to TLS key file"),
  flag("tlsverify", "Use TLS and verify the remote"),
  flag("version", "Print version information and quit", "v"),
  flag("help", "Print this page", "h"),
];

/** @throws UsageError when two daemons are named */
export function globalsOf(options: OptionValues): GlobalOptions {
  const hosts = options.list("host");
  if (hosts.length > 1) throw new UsageError("specify only one -H", 1);
  return {
    debug: options.flag("debug"),
    embedded: options.flag("embedded"),
    tls: {
      use: options.flag("tls"),
      verify: options.flag("tlsverify"),
      ...present({ ca: options.text("tlscacert"), cert: options.text("tlscert"), key: options.text("tlskey") }),
    },
    ...present({ dataRoot: options.text("data-root"), execRoot: options.text("exec-root"), host: hosts[0] }),
  };
}
