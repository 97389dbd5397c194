import { Logger, Paths, Transport, definePlugin, token } from "@gantry/core";

import { WebOptions, webOptions } from "./web-options.ts";
import { WebTerminal } from "./web-terminal.ts";

export { WebOptions } from "./web-options.ts";
export { type TerminalPage, terminalPage } from "./terminal-page.ts";
export { WebTerminal, addressFileName } from "./web-terminal.ts";

/** The terminal itself, for who tells its address. */
export const WebTerminalToken = token<WebTerminal>("@gantry/web-terminal/WebTerminal");

/** A web page with a terminal, for users of this machine. */
export const webTerminal = definePlugin<WebOptions>({
  name: "@gantry/web-terminal",
  options: webOptions,
  provides: [Transport],
  requires: [Logger, Paths],
  register: (registrar, options) => {
    registrar.value(WebOptions, options);
    registrar.singleton(WebTerminalToken, WebTerminal);
    registrar.alias(Transport, WebTerminalToken);
  },
});
export default webTerminal;
