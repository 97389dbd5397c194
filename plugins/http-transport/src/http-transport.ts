import { type CallOptions, EngineError, inject } from "@gantry/core";
import type { Connection, Listener, RequestHandler, Transport } from "@gantry/core";

import { isLoopback, parseAddress } from "./address.ts";
import { HttpConnection } from "./http-connection.ts";
import { HttpListener } from "./http-listener.ts";
import { HttpOptions } from "./http-options.ts";

/** HTTP/1.1 on unix sockets (mode 0660) and on TCP, by node:http. */
export class HttpTransport implements Transport {
  readonly name = "http";
  readonly schemes = ["unix", "tcp"];
  readonly #options: HttpOptions;

  constructor(@inject(HttpOptions) options: HttpOptions = {}) {
    this.#options = options;
  }

  /** Besides the contract's errors: `forbidden` for TCP that other machines reach, unless the options allow it. */
  async listen(address: string, handler: RequestHandler, options?: CallOptions): Promise<Listener> {
    options?.signal?.throwIfAborted();
    const parsed = parseAddress(address);
    if (parsed.scheme === "tcp" && !isLoopback(parsed.host) && this.#options.allowInsecureTcp !== true) {
      const remedy = "use a loopback address or a unix socket, or set allowInsecureTcp";
      throw new EngineError(
        "forbidden",
        `${address} would give everyone who reaches it root on this machine: ${remedy}`,
      );
    }
    return HttpListener.open(parsed, handler);
  }

  async dial(address: string, options?: CallOptions): Promise<Connection> {
    options?.signal?.throwIfAborted();
    return HttpConnection.open(parseAddress(address), options?.signal);
  }
}
