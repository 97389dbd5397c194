import { Transport, definePlugin } from "@gantry/core";

import { HttpTransport } from "./http-transport.ts";
import { HttpOptions, httpOptions } from "./http-options.ts";

export { dialHttp } from "./dial.ts";
export { HttpOptions, type TlsFiles } from "./http-options.ts";
export { HttpTransport } from "./http-transport.ts";

/** Requests over HTTP/1.1 on unix sockets and TCP. */
export const httpTransport = definePlugin<HttpOptions>({
  name: "@gantry/http-transport",
  options: httpOptions,
  provides: [Transport],
  register: (registrar, options) => {
    registrar.value(HttpOptions, options);
    registrar.singleton(Transport, HttpTransport);
  },
});
export default httpTransport;
