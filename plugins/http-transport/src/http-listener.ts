import { type IncomingMessage, type Server, ServerResponse, createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";

import type { CallOptions, Listener, RequestHandler, TransportRequest, TransportResponse } from "@gantry/core";

import { type Address, formatAddress } from "./address.ts";
import { bindServer } from "./bind-server.ts";
import { cutOff } from "./half-open-socket.ts";
import { plainHeaders } from "./headers.ts";
import type { TlsFiles } from "./http-options.ts";
import { detachParser, hijack, hijackHead } from "./hijack.ts";
import { failedResponse, sendResponse } from "./send-response.ts";
import { oldestTls, readServerCredentials } from "./tls-credentials.ts";
import { UpgradedBody } from "./upgraded-body.ts";

/** Clients put credentials and long queries in there. In bytes. */
const maximumHead = 1024 * 1024;

export interface ListenerOptions {
  address: Address;
  handler: RequestHandler;
  /** Owns a unix socket's file. */
  group: number | undefined;
  tls: TlsFiles | undefined;
}

/** A server on one address. */
export class HttpListener implements Listener {
  readonly #handler: RequestHandler;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #running = new Set<Promise<void>>();
  #address = "";
  #closed: Promise<void> | undefined;

  private constructor(handler: RequestHandler, tls: TlsFiles | undefined) {
    this.#handler = handler;
    this.#server = makeServer(tls);
    this.#server.on("request", (request, response) => this.#track(this.#serve(request, response)));
    this.#server.on("upgrade", (request, socket, head) => {
      this.#track(this.#serveUpgrade(request, socket as Socket, head));
    });
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  static async open({ address, handler, group, tls }: ListenerOptions): Promise<HttpListener> {
    const listener = new HttpListener(handler, tls);
    listener.#address = formatAddress(await bindServer(listener.#server, address, group));
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

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#running.delete(tracked)).catch(() => {});
    this.#running.add(tracked);
  }

  async #serve(request: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const gone = new AbortController();
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) gone.abort(new Error("the client went away"));
      resolve();
    });
    // Leaving the loop over the body early must not cut the connection: there is a response to send.
    const body = request.iterator({ destroyOnReturn: false });
    const response = await this.#ask(request, body, gone.signal);
    // What was not read is read now, or the connection would stand still.
    request.resume();
    if (response.hijack === undefined) void sendResponse(outgoing, response);
    else void takeOver(request, response);
    await over;
  }

  async #serveUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on("error", () => {});
    if (head.length > 0) socket.unshift(head);
    const gone = new AbortController();
    socket.once("close", () => gone.abort(new Error("the client went away")));
    const body = new UpgradedBody(request, socket);
    const response = await this.#ask(request, body, gone.signal);
    await body.drain();
    if (response.hijack !== undefined) {
      await hijack(socket, hijackHead(response, request.headers.upgrade), response);
      return;
    }
    const outgoing = new ServerResponse(request);
    outgoing.shouldKeepAlive = false;
    outgoing.assignSocket(socket);
    outgoing.once("finish", () => socket.end());
    await sendResponse(outgoing, response);
  }

  async #ask(
    request: IncomingMessage,
    body: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<TransportResponse> {
    const { method = "GET", url: path = "/" } = request;
    const transported: TransportRequest = { method, path, headers: plainHeaders(request.headers), body, signal };
    try {
      return await this.#handler(transported);
    } catch (thrown) {
      return failedResponse(thrown);
    }
  }
}

function makeServer(tls: TlsFiles | undefined): Server {
  // No time limits: an upload, a pull or a wait takes as long as it takes.
  const limits = { requestTimeout: 0, keepAliveTimeout: 0, maxHeaderSize: maximumHead };
  const options = { ...limits, requireHostHeader: false, noDelay: true };
  if (tls === undefined) return createServer(options);
  const verify = tls.verify === true;
  return createTlsServer({
    ...options,
    ...readServerCredentials(tls),
    minVersion: oldestTls,
    requestCert: verify,
    rejectUnauthorized: verify,
    // As node:http has it by itself: the end of one direction leaves the other open.
    allowHalfOpen: true,
  });
}

/** Waits for the end of the request's body: what comes before it is not the stream's. */
async function takeOver(request: IncomingMessage, response: TransportResponse): Promise<void> {
  for (; !request.readableEnded && !request.destroyed;) {
    await new Promise<void>((resolve) => {
      request.once("end", resolve);
      request.once("close", resolve);
    });
  }
  await hijack(detachParser(request), hijackHead(response, undefined), response);
}
