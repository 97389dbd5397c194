import type { Plugin } from "@gantry/core";
import { HttpTransport, httpTransport } from "@gantry/http-transport";
import { rcliTransport } from "@gantry/rcli-transport";
import { webTerminal } from "@gantry/web-terminal";

import type { DaemonOptions } from "./daemon-options.ts";
import { loadPlugins } from "./plugin-loader.ts";

/** What the daemon has besides the plugins of an engine. */
export async function daemonPlugins(options: DaemonOptions, group: number | undefined): Promise<readonly Plugin[]> {
  const { tls, allowInsecureTcp } = options;
  return [
    httpTransport({ allowInsecureTcp, ...(tls && { tls }), ...(group !== undefined && { group }) }),
    rcliTransport({ allowRemote: allowInsecureTcp }),
    webTerminal({ carrier: new HttpTransport() }),
    ...(await loadPlugins(options.plugins, options.configFile)),
  ];
}

const storageDrivers: Readonly<Record<string, string>> = {
  overlay: "@gantry/overlay-driver",
  overlay2: "@gantry/overlay-driver",
  vfs: "@gantry/vfs-driver",
};

/** Which plugin `--storage-driver` means: Docker's names, or the name of any plugin. */
export function storageDriverPlugin(name: string): string {
  return storageDrivers[name] ?? name;
}
