import { type CallOptions, EngineError, inject } from "@gantry/core";
import type { Connection, Listener, RequestHandler, Transport } from "@gantry/core";

import { isLoopback, parseAddress } from "./address.ts";
import { dialHttp } from "./dial.ts";
import { HttpListener } from "./http-listener.ts";
import { HttpOptions } from "./http-options.ts";

/** HTTP/1.1 on unix sockets (mode 0660), on TCP with or without TLS, and on sockets that were handed over, by node:http. */
export class HttpTransport implements Transport {
  readonly name = "http";
  readonly schemes = ["unix", "tcp", "fd"];
  readonly #options: HttpOptions;

  constructor(@inject(HttpOptions) options: HttpOptions = {}) {
    this.#options = options;
  }

  /** Besides the contract's errors: `forbidden` for TCP without TLS that other machines reach, unless the options allow it. */
  async listen(address: string, handler: RequestHandler, options?: CallOptions): Promise<Listener> {
    options?.signal?.throwIfAborted();
    const { tls, group, allowInsecureTcp } = this.#options;
    const parsed = parseAddress(address, tls !== undefined);
    const guarded = parsed.scheme !== "tcp" || isLoopback(parsed.host) || tls !== undefined;
    if (!guarded && allowInsecureTcp !== true) {
      const remedy = "use TLS, a loopback address or a unix socket, or set allowInsecureTcp";
      throw new EngineError(
        "forbidden",
        `${address} would give everyone who reaches it root on this machine: ${remedy}`,
      );
    }
    return HttpListener.open({ address: parsed, handler, group, tls: parsed.scheme === "tcp" ? tls : undefined });
  }

  dial(address: string, options?: CallOptions): Promise<Connection> {
    return dialHttp(address, this.#options.tls, options);
  }
}
