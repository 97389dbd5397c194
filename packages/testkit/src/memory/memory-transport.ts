import {
  type CallOptions,
  type Connection,
  EngineError,
  type Listener,
  type RequestHandler,
  Transport,
  definePlugin,
} from "@gantry/core";

import { MemoryConnection } from "./memory-connection.ts";
import { MemoryExchange } from "./memory-exchange.ts";

/** Of one process; addresses are shared by all transports in it, as ports are by the processes of a machine. */
const listeners = new Map<string, MemoryListener>();

/** Carries requests within one process, at addresses like `memory:engine`. */
export class MemoryTransport implements Transport {
  readonly name = "memory";
  readonly schemes = ["memory"];

  async listen(address: string, handler: RequestHandler, options?: CallOptions): Promise<Listener> {
    options?.signal?.throwIfAborted();
    checkAddress(address);
    if (listeners.has(address)) throw new EngineError("conflict", `address ${address} is in use: choose another`);
    const listener = new MemoryListener(address, handler);
    listeners.set(address, listener);
    return listener;
  }

  async dial(address: string, options?: CallOptions): Promise<Connection> {
    options?.signal?.throwIfAborted();
    checkAddress(address);
    const listener = listeners.get(address);
    if (listener === undefined) throw new EngineError("unavailable", `nobody listens at ${address}: start an engine`);
    return new MemoryConnection((request, signal) => listener.exchange(request, signal));
  }
}

class MemoryListener implements Listener {
  readonly address: string;
  readonly #handler: RequestHandler;
  readonly #running = new Set<MemoryExchange>();

  constructor(address: string, handler: RequestHandler) {
    this.address = address;
    this.#handler = handler;
  }

  exchange(...[request, signal]: ConstructorParameters<typeof MemoryExchange>): MemoryExchange {
    const exchange = new MemoryExchange(request, signal);
    this.#running.add(exchange);
    void exchange.finished.then(() => this.#running.delete(exchange));
    exchange.begin(this.#handler);
    return exchange;
  }

  async close({ signal }: CallOptions = {}): Promise<void> {
    if (listeners.get(this.address) === this) listeners.delete(this.address);
    const cutOff = (): void => {
      for (const exchange of this.#running) exchange.abort(new EngineError("unavailable", "the listener was closed"));
    };
    if (signal?.aborted === true) cutOff();
    signal?.addEventListener("abort", cutOff);
    await Promise.all([...this.#running].map(({ finished }) => finished));
    signal?.removeEventListener("abort", cutOff);
  }
}

function checkAddress(address: string): void {
  if (!/^memory:\S+$/.test(address)) {
    throw new EngineError("invalid-argument", `malformed address ${JSON.stringify(address)}: use memory:NAME`);
  }
}

export const memoryTransport = definePlugin<object>({
  name: "@gantry/testkit/memory-transport",
  provides: [Transport],
  register: (registrar) => registrar.value(Transport, new MemoryTransport()),
});
