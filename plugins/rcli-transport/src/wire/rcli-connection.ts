import type { Socket } from "node:net";

import { type CallOptions, EngineError, messageOf } from "@gantry/core";
import type { ClientRequest, ClientResponse, Connection } from "@gantry/core";

import { type Address, formatAddress } from "./address.ts";
import { CallSocket } from "./call-socket.ts";
import { encodeLine } from "./command-line.ts";
import { argumentsOf } from "./request-path.ts";
import { received, send } from "./socket-streams.ts";

/** Calls commands on one server, each over a socket of its own; the first one takes that which `dial` has opened. */
export class RcliConnection implements Connection {
  readonly #address: Address;
  readonly #sockets = new Set<Socket>();
  #first: Socket | undefined;
  #closed = false;

  private constructor(address: Address) {
    this.#address = address;
  }

  static async open(address: Address, options?: CallOptions): Promise<RcliConnection> {
    const connection = new RcliConnection(address);
    connection.#first = await connection.#connect(options?.signal);
    return connection;
  }

  /**
   * The path is `/COMMAND?q=ARGUMENT…`. Method and headers do not travel; the answer's status is always 200, or 101 with the stream where
   * an upgrade was asked for. Errors: `invalid-argument` for another path, `unavailable`.
   */
  async request(request: ClientRequest, options?: CallOptions): Promise<ClientResponse> {
    const signal = options?.signal;
    signal?.throwIfAborted();
    if (this.#closed) throw new EngineError("unavailable", "this connection is closed: dial again");
    const line = encodeLine(argumentsOf(request.path));
    const socket = await this.#take(signal);
    const abort = (): void => void socket.destroy();
    signal?.addEventListener("abort", abort);
    socket.once("close", () => signal?.removeEventListener("abort", abort));
    socket.write(line);
    if (request.upgrade === true) return { status: 101, headers: {}, body: nothing(), stream: socket };
    this.#sendBody(socket, request.body);
    return { status: 200, headers: {}, body: this.#bodyOf(socket, signal) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #sendBody(socket: Socket, body: AsyncIterable<Uint8Array> | undefined): void {
    if (body === undefined) {
      socket.end();
      return;
    }
    send(socket, body).then(
      () => socket.end(),
      (thrown: unknown) => void socket.destroy(thrown as Error),
    );
  }

  async *#bodyOf(socket: Socket, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    try {
      yield* received(socket);
    } catch (thrown) {
      throw signal?.aborted ? signal.reason : connectionError(this.#address, thrown);
    } finally {
      socket.destroy();
    }
  }

  async #take(signal: AbortSignal | undefined): Promise<Socket> {
    const first = this.#first;
    this.#first = undefined;
    return first === undefined || first.destroyed || first.readableEnded ? this.#connect(signal) : first;
  }

  async #connect(signal: AbortSignal | undefined): Promise<Socket> {
    const socket = new CallSocket().connect(this.#address).setNoDelay();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", abort);
    socket.once("connect", resolve);
    socket.once("error", (thrown) => reject(connectionError(this.#address, thrown)));
    try {
      await promise;
    } catch (thrown) {
      socket.destroy();
      throw thrown;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  }
}

function connectionError(address: Address, thrown: unknown): EngineError {
  const name = formatAddress(address);
  const refused = (thrown as NodeJS.ErrnoException).code === "ECONNREFUSED";
  const what = refused ? "nobody listens there: is the daemon running with -H?" : messageOf(thrown);
  return new EngineError("unavailable", `cannot reach ${name}: ${what}`, { cause: thrown, details: { address: name } });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
