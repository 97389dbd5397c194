import type { Socket } from "node:net";

import { type CallOptions, EngineError, isEngineError, messageOf } from "@gantry/core";
import type { ClientRequest, ClientResponse, Connection } from "@gantry/core";

import { type Address, formatAddress } from "./address.ts";
import { ClientSockets } from "./client-sockets.ts";
import type { TlsFiles } from "./http-options.ts";
import { IdleSockets } from "./idle-sockets.ts";
import { type ResponseHead, ResponseReader } from "./response-reader.ts";
import { sendRequest } from "./send-request.ts";

/**
 * Requests to one server, over as many sockets as run at a time; idle ones are used again. It speaks HTTP by itself: loading Node's
 * own takes as long as Node's start, which is most of what a short command has to wait for.
 */
export class HttpConnection implements Connection {
  readonly #sockets: ClientSockets;
  readonly #host: string;
  readonly #idle = new IdleSockets();
  /** Those of ordinary requests; a stream is its user's. */
  readonly #open = new Set<Socket>();
  #closed = false;

  private constructor(sockets: ClientSockets, first: Socket) {
    this.#sockets = sockets;
    this.#host = hostOf(sockets.address);
    this.#idle.add(this.#watched(first));
  }

  static async open(
    address: ClientSockets["address"],
    tls: TlsFiles | undefined,
    signal: AbortSignal | undefined,
  ): Promise<HttpConnection> {
    const sockets = new ClientSockets(address, tls);
    const socket = sockets.open();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
    socket.once(sockets.ready, resolve);
    socket.once("error", (thrown) => reject(connectionError(address, thrown)));
    try {
      await promise;
      return new HttpConnection(sockets, socket);
    } catch (thrown) {
      socket.destroy();
      throw thrown;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  async request(request: ClientRequest, { signal }: CallOptions = {}): Promise<ClientResponse> {
    signal?.throwIfAborted();
    if (this.#closed) throw new EngineError("unavailable", "this connection is closed: dial again");
    const used = request.upgrade === true ? undefined : this.#idle.take();
    if (used !== undefined) {
      const exchange = this.#exchange(used, request, signal);
      try {
        return await exchange.response();
      } catch (thrown) {
        // The server may have closed it just when it was taken; what changes nothing can be asked again.
        const question = request.method === "GET" || request.method === "HEAD";
        const repeatable =
          question && request.body === undefined && !exchange.begun && !signal?.aborted && !this.#closed;
        if (!repeatable || !isEngineError(thrown, "unavailable")) throw thrown;
      }
    }
    const socket = request.upgrade === true ? this.#sockets.openHalfOpen() : this.#watched(this.#sockets.open());
    return this.#exchange(socket, request, signal).response();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const socket of this.#open) socket.destroy();
  }

  #watched(socket: Socket): Socket {
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    return socket;
  }

  #exchange(socket: Socket, request: ClientRequest, signal: AbortSignal | undefined): Exchange {
    return new Exchange(socket, request, {
      signal,
      host: this.#host,
      failed: (thrown) => connectionError(this.#sockets.address, thrown),
      reuse: () => this.#idle.add(socket),
    });
  }
}

interface ExchangeContext {
  signal: AbortSignal | undefined;
  host: string;
  failed: (thrown: unknown) => EngineError;
  /** Called when the socket is free for another request. */
  reuse: () => void;
}

/** One request and its response on one socket. */
class Exchange {
  readonly #socket: Socket;
  readonly #request: ClientRequest;
  readonly #context: ExchangeContext;
  readonly #reader: ResponseReader;
  readonly #abort: () => void;
  /** What the request's body failed with. */
  #bodyFailure: { thrown: unknown } | undefined;
  #sent = false;

  constructor(socket: Socket, request: ClientRequest, context: ExchangeContext) {
    this.#socket = socket;
    this.#request = request;
    this.#context = context;
    this.#reader = new ResponseReader(socket);
    this.#abort = () => void socket.destroy(context.signal?.reason as Error);
    context.signal?.addEventListener("abort", this.#abort);
    // Whoever waits is told by what he reads; one that is merely held must not end the process.
    socket.off("error", ignore);
    socket.on("error", ignore);
  }

  /** Whether the server has begun to answer. */
  get begun(): boolean {
    return this.#reader.begun;
  }

  async response(): Promise<ClientResponse> {
    this.#send();
    let head: ResponseHead;
    try {
      head = await this.#reader.head();
    } catch (thrown) {
      throw this.#end(thrown);
    }
    const { status, headers } = head;
    if (status === 101) {
      this.#context.signal?.removeEventListener("abort", this.#abort);
      const rest = this.#reader.takeRest();
      if (rest.length > 0) this.#socket.unshift(rest);
      return { status, headers, body: nothing(), stream: this.#socket };
    }
    return { status, headers, body: this.#body(head) };
  }

  #send(): void {
    sendRequest(this.#socket, this.#context.host, this.#request).then(
      () => (this.#sent = true),
      (thrown: unknown) => {
        this.#bodyFailure = { thrown };
        this.#socket.destroy();
      },
    );
  }

  /** A body that is empty for sure is over at once, also for a reader who does not look. */
  #body(head: ResponseHead): AsyncIterable<Uint8Array> {
    const { method } = this.#request;
    const empty = method === "HEAD" || [204, 304].includes(head.status) || head.headers["content-length"] === "0";
    if (!empty) return this.#read(head);
    this.#finish(head.keepsAlive);
    return nothing();
  }

  async *#read(head: ResponseHead): AsyncGenerator<Uint8Array> {
    let whole = false;
    try {
      const goesOn = yield* this.#reader.body(this.#request.method, head);
      whole = true;
      this.#finish(goesOn && head.keepsAlive);
    } catch (thrown) {
      throw this.#end(thrown);
    } finally {
      // A reader who leaves early leaves the socket in the middle of a body.
      if (!whole) this.#finish(false);
    }
  }

  #finish(reusable: boolean): void {
    const { signal, reuse } = this.#context;
    signal?.removeEventListener("abort", this.#abort);
    const free = reusable && this.#sent && this.#request.upgrade !== true && !this.#socket.destroyed;
    if (!free) return void this.#socket.destroy();
    reuse();
  }

  /** Closes the socket and says what has happened. */
  #end(thrown: unknown): unknown {
    const { signal, failed } = this.#context;
    this.#finish(false);
    if (signal?.aborted) return signal.reason;
    if (this.#bodyFailure !== undefined) return this.#bodyFailure.thrown;
    return thrown instanceof EngineError ? thrown : failed(thrown);
  }
}

function ignore(): void {}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function hostOf(address: Address): string {
  return address.scheme === "tcp" ? formatAddress(address).slice("tcp://".length) : "localhost";
}

function connectionError(address: Address, thrown: unknown): EngineError {
  const name = formatAddress(address);
  const errno = (thrown as NodeJS.ErrnoException).code ?? "";
  const options = { cause: thrown, details: { address: name, errno } };
  if (errno === "EACCES" || errno === "EPERM") {
    return new EngineError("forbidden", `may not connect to ${name}: run as root or join the socket's group`, options);
  }
  const nobody = errno === "ENOENT" || errno === "ECONNREFUSED";
  const what = nobody ? "nobody listens there: is the engine running?" : messageOf(thrown).split("\n", 1)[0]!;
  return new EngineError("unavailable", `cannot reach ${name}: ${what}`, options);
}
