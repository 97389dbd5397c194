import { type Duplex, duplexPair } from "node:stream";

import {
  type ClientRequest,
  type ClientResponse,
  type RequestHandler,
  type TransportResponse,
  messageOf,
} from "@gantry/core";

import { streamOf } from "../fixtures/collect.ts";

/** One request with its response. Chunks are pulled, so whoever does not read holds the producer back. */
export class MemoryExchange {
  readonly response: Promise<ClientResponse>;
  /** Resolves when neither side has anything more to do. */
  readonly finished: Promise<void>;
  readonly #request: ClientRequest;
  readonly #gone = new AbortController();
  readonly #finish: () => void;
  readonly #answer: PromiseWithResolvers<ClientResponse> = Promise.withResolvers();
  #over = false;

  /** @param signal aborted when the client goes away */
  constructor(request: ClientRequest, signal: AbortSignal) {
    this.#request = request;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.finished = promise;
    this.#finish = () => {
      this.#over = true;
      resolve();
    };
    this.response = this.#answer.promise;
    // Whoever waits for the response gets the failure; that nobody does any more is no failure of the process.
    this.response.catch(() => {});
    signal.addEventListener("abort", () => this.abort(signal.reason));
  }

  begin(handler: RequestHandler): void {
    void this.#run(handler);
  }

  /** Ends it for both sides. */
  abort(reason: unknown): void {
    if (this.#over) return;
    this.#gone.abort(reason);
    this.#answer.reject(reason);
    this.#finish();
  }

  async #run(handler: RequestHandler): Promise<void> {
    const { method, path, headers = {}, body } = this.#request;
    const request = { method, path, headers: lowerCased(headers), body: body ?? streamOf(), signal: this.#gone.signal };
    try {
      this.#respond(await handler(request));
    } catch (thrown) {
      const message = Buffer.from(JSON.stringify({ message: messageOf(thrown) }));
      this.#respond({ status: 500, headers: { "content-type": "application/json" }, body: streamOf(message) });
    }
  }

  #respond({ status, headers, body, hijack }: TransportResponse): void {
    const head = { status, headers: lowerCased(headers) };
    if (hijack !== undefined) {
      const [client, server] = duplexPair();
      void this.#serve(hijack, server, client);
      this.#answer.resolve({ ...head, body: streamOf(), stream: client });
    } else if (body === undefined) {
      this.#answer.resolve({ ...head, body: streamOf() });
      this.#finish();
    } else this.#answer.resolve({ ...head, body: this.#relay(body) });
  }

  async *#relay(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const iterator = body[Symbol.asyncIterator]();
    const gone = this.#whenGone();
    try {
      for (;;) {
        const result = await Promise.race([iterator.next(), gone]);
        if (result.done === true) break;
        yield result.value;
      }
      this.#finish();
    } finally {
      this.abort(new Error("the client has gone away"));
      // Not waited for: a generator that is inside of its own await returns only after that.
      if (this.#gone.signal.aborted) iterator.return?.().catch(() => {});
    }
  }

  /** Rejects when either side has gone. */
  #whenGone(): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    const { signal } = this.#gone;
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
    promise.catch(() => {});
    return promise;
  }

  async #serve(hijack: (stream: Duplex) => Promise<void>, server: Duplex, client: Duplex): Promise<void> {
    // A pair of streams does not tell one side that the other was destroyed; a socket does.
    client.on("close", () => server.destroy());
    server.on("close", () => this.#finish());
    const cutOff = (): void => void [client, server].map((stream) => stream.destroy());
    this.#gone.signal.addEventListener("abort", cutOff);
    try {
      await hijack(server);
    } catch {
      cutOff();
    }
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
