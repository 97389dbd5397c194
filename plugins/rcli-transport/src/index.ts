import { Transport, definePlugin } from "@gantry/core";

import { RcliOptions, rcliOptions } from "./rcli-options.ts";
import { RcliTransport } from "./rcli-transport.ts";

export { runRcliClient } from "./client/rcli-client.ts";
export type { RcliEngine, WebPage } from "./commands/rcli-command.ts";
export { type RcliHandlerOptions, rcliHandler } from "./rcli-handler.ts";
export { RcliOptions } from "./rcli-options.ts";
export { RcliTransport } from "./rcli-transport.ts";

/** Requests in the remote protocol of 2013. */
export const rcliTransport = definePlugin<RcliOptions>({
  name: "@gantry/rcli-transport",
  options: rcliOptions,
  provides: [Transport],
  register: (registrar, options) => {
    registrar.value(RcliOptions, options);
    registrar.singleton(Transport, RcliTransport);
  },
});
export default rcliTransport;
