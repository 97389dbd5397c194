import { Agent, type ClientRequest as Outgoing, type IncomingMessage, request as httpRequest } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

import { type CallOptions, EngineError, messageOf } from "@gantry/core";
import type { ClientRequest, ClientResponse, Connection } from "@gantry/core";

import { type Address, formatAddress } from "./address.ts";
import { ClientSockets } from "./client-sockets.ts";
import { plainHeaders } from "./headers.ts";
import type { TlsFiles } from "./http-options.ts";

/** Bytes of a body that may go with a request to upgrade; it is sent as a whole. */
const maximumUpgradeBody = 1024 * 1024;

/** Requests to one server, over as many sockets as run at a time; idle ones are used again. */
export class HttpConnection implements Connection {
  readonly #sockets: ClientSockets;
  readonly #agent: Agent;
  #closed = false;

  private constructor(sockets: ClientSockets, first: Socket) {
    this.#sockets = sockets;
    this.#agent = new FirstSocketAgent(sockets, first);
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

  async request(request: ClientRequest, options?: CallOptions): Promise<ClientResponse> {
    const signal = options?.signal;
    signal?.throwIfAborted();
    if (this.#closed) throw new EngineError("unavailable", "this connection is closed: dial again");
    const outgoing = this.#begin(request);
    const { promise, resolve, reject } = Promise.withResolvers<ClientResponse>();
    const abort = (): void => void outgoing.destroy(signal?.reason as Error);
    signal?.addEventListener("abort", abort);
    outgoing.once("close", () => signal?.removeEventListener("abort", abort));
    outgoing.once("response", (incoming) => resolve({ ...headOf(incoming), body: this.#bodyOf(incoming, signal) }));
    outgoing.once("upgrade", (incoming, socket, head) => {
      signal?.removeEventListener("abort", abort);
      // Whoever reads or writes is told; a stream that is merely held must not end the process.
      socket.on("error", () => {});
      if (head.length > 0) socket.unshift(head);
      resolve({ ...headOf(incoming), body: nothing(), stream: socket });
    });
    outgoing.on("error", (thrown) => reject(signal?.aborted ? signal.reason : this.#error(thrown)));
    sendBody(outgoing, request).catch((thrown: unknown) => {
      reject(thrown);
      outgoing.destroy();
    });
    return promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#agent.destroy();
  }

  #begin({ method, path, headers, upgrade }: ClientRequest): Outgoing {
    const { address } = this.#sockets;
    const target = address.scheme === "tcp" ? { host: address.host, port: address.port } : {};
    const common = { ...target, method, path };
    if (upgrade !== true) return httpRequest({ ...common, headers: { ...headers }, agent: this.#agent });
    return httpRequest({
      ...common,
      headers: { ...headers, connection: "Upgrade", upgrade: "tcp" },
      // A stream whose ends close apart needs a socket that stays half open; an ordinary one must not.
      createConnection: () => this.#sockets.openHalfOpen(),
    });
  }

  async *#bodyOf(incoming: IncomingMessage, signal: AbortSignal | undefined): AsyncIterable<Uint8Array> {
    try {
      yield* incoming as AsyncIterable<Uint8Array>;
    } catch (thrown) {
      throw signal?.aborted ? signal.reason : this.#error(thrown);
    }
  }

  #error(thrown: unknown): EngineError {
    return connectionError(this.#sockets.address, thrown);
  }
}

/** Gives the socket that `dial` has opened to the first request. */
class FirstSocketAgent extends Agent {
  readonly #sockets: ClientSockets;
  #first: Socket | undefined;

  constructor(sockets: ClientSockets, first: Socket) {
    super({ keepAlive: true });
    this.#sockets = sockets;
    this.#first = first;
    first.on("error", () => {});
  }

  override createConnection(): Duplex {
    const first = this.#first;
    this.#first = undefined;
    const usable = first !== undefined && !first.destroyed && !first.readableEnded;
    return usable ? first : this.#sockets.open();
  }

  override destroy(): void {
    this.#first?.destroy();
    super.destroy();
  }
}

/** Sends the body no faster than the server takes it; the response may come before its end. */
async function sendBody(outgoing: Outgoing, { body, upgrade }: ClientRequest): Promise<void> {
  if (body === undefined) return void outgoing.end();
  if (upgrade === true) return void outgoing.end(await collect(body));
  outgoing.useChunkedEncodingByDefault = true;
  outgoing.flushHeaders();
  for await (const chunk of body) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(chunk)) await drained(outgoing);
  }
  outgoing.end();
}

function drained(outgoing: Outgoing): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = ["drain", "close"] as const;
  for (const event of events) outgoing.on(event, resolve);
  return promise.finally(() => {
    for (const event of events) outgoing.off(event, resolve);
  });
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maximumUpgradeBody) {
      throw new EngineError(
        "invalid-argument",
        `the body of an upgrade is over ${maximumUpgradeBody} bytes: send a short one`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* nothing(): AsyncIterable<Uint8Array> {}

function headOf(incoming: IncomingMessage): { status: number; headers: Record<string, string> } {
  return { status: incoming.statusCode ?? 0, headers: plainHeaders(incoming.headers) };
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
