import { type AddressInfo, type Server, type Socket, createServer } from "node:net";
import { finished } from "node:stream/promises";

import { type CallOptions, EngineError, type Listener, type RequestHandler, messageOf } from "@gantry/core";
import type { TransportResponse } from "@gantry/core";

import { type Address, formatAddress } from "./address.ts";
import { decodeLine, maximumLine } from "./command-line.ts";
import { pathOf } from "./request-path.ts";
import { cutOff, readLine, received, send } from "./socket-streams.ts";

/** Milliseconds for which input that nobody wants is taken after the answer: a close with unread bytes would destroy the answer. */
const lingering = 5000;

/** Serves one command per connection. */
export class RcliListener implements Listener {
  readonly #handler: RequestHandler;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #running = new Set<Promise<void>>();
  #address = "";
  #closed: Promise<void> | undefined;

  private constructor(handler: RequestHandler) {
    this.#handler = handler;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  static async open(address: Address, handler: RequestHandler): Promise<RcliListener> {
    const listener = new RcliListener(handler);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    listener.#server.once("error", (thrown) => reject(listenError(address, thrown)));
    listener.#server.listen(address, resolve);
    await promise;
    listener.#address = formatAddress({ ...address, port: (listener.#server.address() as AddressInfo).port });
    return listener;
  }

  get address(): string {
    return this.#address;
  }

  close(options?: CallOptions): Promise<void> {
    return (this.#closed ??= this.#close(options?.signal));
  }

  async #close(signal: AbortSignal | undefined): Promise<void> {
    const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
    signal?.addEventListener("abort", () => abort(), { once: true });
    if (signal?.aborted) abort();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    await Promise.race([Promise.all(this.#running), aborted]);
    for (const socket of this.#sockets) {
      if (signal?.aborted) cutOff(socket);
      else socket.destroy();
    }
    await closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    // Whoever reads or writes is told; the event alone must not end the process.
    socket.on("error", () => {});
    this.#take(socket).catch(() => cutOff(socket));
  }

  async #take(socket: Socket): Promise<void> {
    const line = await readLine(socket, maximumLine);
    const work = this.#serve(socket, line ?? "");
    const tracked = work.catch(() => cutOff(socket)).finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  /** Resolves when the answer is written. */
  async #serve(socket: Socket, line: string): Promise<void> {
    const gone = new AbortController();
    const lost = (): void => gone.abort(new Error("the client went away"));
    socket.once("close", lost);
    // With somebody who listens the socket goes on reading, up to its buffer: a reset is seen by nobody else.
    const watch = (): void => {};
    socket.on("readable", watch);
    const response = await this.#ask(socket, line, gone.signal);
    if (response.hijack !== undefined) {
      socket.off("readable", watch);
      await response.hijack(socket);
      await finished(socket, { readable: false });
      // What the client still sends is nobody's, but must be read for its own end to be seen.
      if (socket.readableFlowing === null) socket.resume();
      return;
    }
    if (response.body !== undefined) await send(socket, response.body);
    socket.off("close", lost);
    dismiss(socket);
  }

  async #ask(socket: Socket, line: string, signal: AbortSignal): Promise<TransportResponse> {
    try {
      const path = pathOf(decodeLine(line));
      return await this.#handler({ method: "POST", path, headers: {}, body: received(socket), signal });
    } catch (thrown) {
      return { status: 500, headers: {}, body: errorBody(thrown) };
    }
  }
}

/** All that the protocol has to tell a failure. */
async function* errorBody(thrown: unknown): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`Error: ${messageOf(thrown)}\n`);
}

/** Ends our direction, and the connection when the client has ended its own or some time has passed. */
function dismiss(socket: Socket): void {
  socket.end();
  socket.removeAllListeners("readable");
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), lingering).unref();
  socket.once("close", () => clearTimeout(timer));
}

function listenError(address: Address, thrown: NodeJS.ErrnoException): EngineError {
  const name = formatAddress(address);
  const options = { cause: thrown, details: { address: name, errno: thrown.code ?? "" } };
  switch (thrown.code) {
    case "EADDRINUSE":
      return new EngineError(
        "conflict",
        `address ${name} is in use: stop who listens there or choose another`,
        options,
      );
    case "EACCES":
      return new EngineError("forbidden", `may not listen on ${name}: choose another port or run as root`, options);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new EngineError("invalid-argument", `cannot listen on ${name}: this machine has no such address`, options);
    default:
      return new EngineError("internal", `cannot listen on ${name}: ${messageOf(thrown)}`, options);
  }
}
