import type { Plugin } from "@gantry/core";
import { httpTransport } from "@gantry/http-transport";

/** What the daemon has besides the plugins of an engine. */
export function daemonPlugins(): readonly Plugin[] {
  return [httpTransport()];
}
