import { type CallOptions, EngineError, inject } from "@gantry/core";
import type { Connection, Listener, RequestHandler, Transport } from "@gantry/core";

import { RcliOptions } from "./rcli-options.ts";
import { isLoopback, parseAddress } from "./wire/address.ts";
import { RcliConnection } from "./wire/rcli-connection.ts";
import { RcliListener } from "./wire/rcli-listener.ts";

/**
 * Docker's first remote protocol: the client sends its command line as one line of JSON, then its standard input until it closes its
 * direction; the answer is what the command prints, until the server closes. A handler sees `POST /COMMAND?q=ARGUMENT…`.
 */
export class RcliTransport implements Transport {
  readonly name = "rcli";
  readonly schemes = ["rcli"];
  readonly #options: RcliOptions;

  constructor(@inject(RcliOptions) options: RcliOptions = {}) {
    this.#options = options;
  }

  /** Besides the contract's errors: `forbidden` for an address that other machines reach, unless the options allow it. */
  async listen(address: string, handler: RequestHandler, options?: CallOptions): Promise<Listener> {
    options?.signal?.throwIfAborted();
    const parsed = parseAddress(address);
    if (!isLoopback(parsed.host) && this.#options.allowRemote !== true) {
      const remedy = "use a loopback address, reach it through an SSH tunnel, or set allowRemote";
      throw new EngineError(
        "forbidden",
        `${address} would give everyone who reaches it root on this machine: ${remedy}`,
      );
    }
    return RcliListener.open(parsed, handler);
  }

  async dial(address: string, options?: CallOptions): Promise<Connection> {
    options?.signal?.throwIfAborted();
    return RcliConnection.open(parseAddress(address), options);
  }
}
