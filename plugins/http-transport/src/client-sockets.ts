import { type Socket, connect } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";

import type { Address } from "./address.ts";
import { HalfOpenSocket } from "./half-open-socket.ts";
import type { TlsFiles } from "./http-options.ts";
import { oldestTls, readCredentials } from "./tls-credentials.ts";

/** Opens a client's sockets to one address. */
export class ClientSockets {
  readonly address: Exclude<Address, { scheme: "fd" }>;
  /** What an ordinary socket emits when it can be used. */
  readonly ready: "connect" | "secureConnect";
  readonly #tls: ConnectionOptions | undefined;

  /** Errors: `invalid-argument` for a file of the TLS that cannot be read. */
  constructor(address: Exclude<Address, { scheme: "fd" }>, tls: TlsFiles | undefined) {
    this.address = address;
    this.ready = tls === undefined ? "connect" : "secureConnect";
    this.#tls = tls && { ...readCredentials(tls), rejectUnauthorized: tls.verify === true, minVersion: oldestTls };
  }

  open(): Socket {
    return this.#tls === undefined ? connect(this.#target()) : connectTls({ ...this.#target(), ...this.#tls });
  }

  /** For a stream whose ends close apart. */
  openHalfOpen(): Socket {
    if (this.#tls === undefined) return new HalfOpenSocket().connect(this.#target());
    // The types do not know `allowHalfOpen`; it is passed on to the socket.
    const options: ConnectionOptions & { allowHalfOpen: boolean } = { ...this.#tls, allowHalfOpen: true };
    return connectTls({ ...this.#target(), ...options });
  }

  #target(): { path: string } | { host: string; port: number; noDelay: boolean } {
    if (this.address.scheme === "unix") return { path: this.address.path };
    return { host: this.address.host, port: this.address.port, noDelay: true };
  }
}

/** Loaded where it is used: most clients do without, and it takes a quarter of the time that Node takes to start. */
function connectTls(options: ConnectionOptions): TLSSocket {
  return process.getBuiltinModule("node:tls").connect(options);
}
