import { type CallOptions, type Connection, EngineError } from "@gantry/core";

import { parseAddress } from "./address.ts";
import { HttpConnection } from "./http-connection.ts";
import type { TlsFiles } from "./http-options.ts";

/**
 * Connects to a server at `unix://` or `tcp://`, as the transport's `dial` does. For a client alone: it brings in no server.
 * @param tls for TCP
 */
export async function dialHttp(address: string, tls?: TlsFiles, options?: CallOptions): Promise<Connection> {
  options?.signal?.throwIfAborted();
  const parsed = parseAddress(address, tls !== undefined);
  if (parsed.scheme === "fd") {
    throw new EngineError("invalid-argument", `cannot dial ${address}: a descriptor is to listen on`);
  }
  return HttpConnection.open(parsed, parsed.scheme === "tcp" ? tls : undefined, options?.signal);
}
