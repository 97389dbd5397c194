import type { Duplex } from "node:stream";

import type { CallOptions } from "./call-options.ts";
import { manyToken } from "./token.ts";

/**
 * Carries requests between a client and an engine: over a unix socket, TCP, or within one process.
 *
 * A *request* has a method, a path with query, headers and a body stream; a *response* a status, headers and a body
 * stream. Either body may be *hijacked*: the handler answers with `hijack` and both sides then own a duplex byte
 * stream with independent half-close: the end of one direction leaves the other open. Headers of a response reach the
 * client as soon as the handler has answered, before the first byte of the body; each chunk of a body is sent when it is
 * produced. Backpressure passes through in both directions. A client that goes away aborts `request.signal`, and the
 * body iterator of the response is returned.
 *
 * An address is a URL: `unix:///run/gantry.sock`, `tcp://127.0.0.1:2375`. `listen` on an address in use: `conflict`, naming
 * it. `dial` where nobody listens: `unavailable`. A malformed address: `invalid-argument`. A handler that throws gives
 * a response of status 500 with `{"message"}`. `close` of a listener refuses new connections, lets running requests
 * finish until the signal aborts, and removes what the address left on disk.
 */
export interface Transport {
  readonly name: string;
  /** URL schemes without colon: `unix`, `tcp`. */
  readonly schemes: readonly string[];
  listen(address: string, handler: RequestHandler, options?: CallOptions): Promise<Listener>;
  dial(address: string, options?: CallOptions): Promise<Connection>;
}
export const Transport = manyToken<Transport>("Transport");

export type RequestHandler = (request: TransportRequest) => Promise<TransportResponse>;

export interface TransportRequest {
  method: string;
  /** With query string. */
  path: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: AsyncIterable<Uint8Array>;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
}

export interface TransportResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  body?: AsyncIterable<Uint8Array>;
  /** Takes the connection over instead of a body. */
  hijack?: (stream: Duplex) => Promise<void>;
}

export interface Listener {
  /** The address with what was chosen for it (a TCP port 0 becomes a number). */
  readonly address: string;
  close(options?: CallOptions): Promise<void>;
}

export interface Connection {
  request(request: ClientRequest, options?: CallOptions): Promise<ClientResponse>;
  close(): Promise<void>;
}

export interface ClientRequest {
  method: string;
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: AsyncIterable<Uint8Array>;
  /** Ask for a hijacked stream (`Connection: Upgrade`, `Upgrade: tcp`). */
  upgrade?: boolean;
}

export interface ClientResponse {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: AsyncIterable<Uint8Array>;
  /** Present when the other side has hijacked the connection. */
  stream?: Duplex;
}
