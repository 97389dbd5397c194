import { type CallOptions, type ClientRequest, type ClientResponse, type Connection, EngineError } from "@gantry/core";

import type { MemoryExchange } from "./memory-exchange.ts";

/** The client's side of the memory transport. */
export class MemoryConnection implements Connection {
  readonly #begin: (request: ClientRequest, signal: AbortSignal) => MemoryExchange;
  readonly #closed = new AbortController();

  constructor(begin: (request: ClientRequest, signal: AbortSignal) => MemoryExchange) {
    this.#begin = begin;
  }

  async request(request: ClientRequest, { signal }: CallOptions = {}): Promise<ClientResponse> {
    const signals = [this.#closed.signal, ...(signal === undefined ? [] : [signal])];
    const gone = AbortSignal.any(signals);
    gone.throwIfAborted();
    return this.#begin(request, gone).response;
  }

  async close(): Promise<void> {
    this.#closed.abort(new EngineError("unavailable", "the connection was closed"));
  }
}
