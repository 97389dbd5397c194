import { type Duplex, duplexPair } from "node:stream";

import { EngineError, messageOf } from "@gantry/core";
import type {
  CallOptions,
  ClientRequest,
  ClientResponse,
  Connection,
  RequestHandler,
  TransportResponse,
} from "@gantry/core";

/** Requests to a handler in this process: an engine without a socket, reached as one behind a socket is. */
export class InProcessConnection implements Connection {
  readonly #handler: RequestHandler;
  readonly #closed = new AbortController();

  constructor(handler: RequestHandler) {
    this.#handler = handler;
  }

  async request(request: ClientRequest, { signal }: CallOptions = {}): Promise<ClientResponse> {
    const gone = new AbortController();
    const asked = AbortSignal.any([this.#closed.signal, ...(signal === undefined ? [] : [signal])]);
    asked.throwIfAborted();
    const leave = (): void => gone.abort(asked.reason);
    asked.addEventListener("abort", leave);
    const { method, path, headers = {}, body = nothing(), upgrade } = request;
    const upgrading = upgrade === true ? { connection: "Upgrade", upgrade: "tcp" } : {};
    const received = { method, path, headers: { ...lowerCased(headers), ...upgrading }, body, signal: gone.signal };
    const response = await Promise.race([this.#answer(received), aborted(gone.signal)]);
    const head = { status: response.status, headers: lowerCased(response.headers) };
    const forget = (): void => asked.removeEventListener("abort", leave);
    if (response.hijack !== undefined) {
      return { ...head, body: nothing(), stream: hijacked(response.hijack, gone, forget) };
    }
    return { ...head, body: relay(response.body ?? nothing(), gone, forget) };
  }

  async close(): Promise<void> {
    this.#closed.abort(new EngineError("unavailable", "this connection is closed: make another"));
  }

  async #answer(request: Parameters<RequestHandler>[0]): Promise<TransportResponse> {
    try {
      return await this.#handler(request);
    } catch (thrown) {
      const body = new TextEncoder().encode(JSON.stringify({ message: messageOf(thrown) }));
      return { status: 500, headers: { "content-type": "application/json" }, body: once(body) };
    }
  }
}

/** Passes a body on as it is read; who stops reading has gone, which the handler is told. */
async function* relay(
  body: AsyncIterable<Uint8Array>,
  gone: AbortController,
  forget: () => void,
): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  const leaving = aborted(gone.signal);
  let whole = false;
  try {
    for (;;) {
      const result = await Promise.race([iterator.next(), leaving]);
      if (result.done === true) break;
      yield result.value;
    }
    whole = true;
  } finally {
    forget();
    if (!whole) {
      gone.abort(new Error("the client went away"));
      // Not waited for: a generator that is within an await of its own returns only after that.
      iterator.return?.().catch(() => {});
    }
  }
}

/** The client's end of a stream that the handler has the other end of. */
function hijacked(serve: (stream: Duplex) => Promise<void>, gone: AbortController, forget: () => void): Duplex {
  const [client, server] = duplexPair();
  const cut = (): void => {
    client.destroy();
    server.destroy();
  };
  // Of a pair, one end does not hear that the other was destroyed; of a connection it does.
  client.on("close", () => {
    server.destroy();
    gone.abort(new Error("the client went away"));
    forget();
  });
  server.on("error", () => {});
  client.on("error", () => {});
  gone.signal.addEventListener("abort", cut);
  serve(server).catch(cut);
  return client;
}

function aborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener("abort", () => reject(signal.reason));
  promise.catch(() => {});
  return promise;
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
