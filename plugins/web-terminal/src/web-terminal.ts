import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type CallOptions, EngineError, Logger, Paths, inject, silentLogger } from "@gantry/core";
import type {
  Connection,
  Lifecycled,
  Listener,
  RequestHandler,
  Transport,
  TransportRequest,
  TransportResponse,
} from "@gantry/core";

import { RequestGuard, tokenHeader } from "./request-guard.ts";
import { type TerminalPage, terminalPage } from "./terminal-page.ts";
import { type WebAddress, authority, httpHost, parseAddress } from "./web-address.ts";
import { WebOptions } from "./web-options.ts";

/** In the exec root, for root alone: what {@link WebTerminal.url} says. */
export const addressFileName = "web-terminal.url";

/**
 * Serves the page at `/web` and hands every other request that its {@link RequestGuard} lets through to the handler. It carries nothing
 * itself: it is a transport around one that speaks HTTP over TCP. A token is made up for each listener.
 */
export class WebTerminal implements Transport, Lifecycled {
  readonly name = "web";
  readonly schemes = ["web"];
  readonly #carrier: Transport;
  readonly #logger: Logger;
  /** Where the user's programs find the address; `undefined`: nowhere. */
  readonly #addressFile: string | undefined;
  readonly #page = terminalPage();
  /** By `host:port` of what listens. */
  readonly #tokens = new Map<string, string>();

  /** @param paths without them the address is kept in no file */
  constructor(
    @inject(WebOptions) options: WebOptions,
    @inject(Logger) logger: Logger = silentLogger,
    @inject(Paths) paths?: Paths,
  ) {
    this.#carrier = options.carrier;
    this.#logger = logger;
    this.#addressFile = paths && join(paths.execRoot, addressFileName);
  }

  /** Removes what an engine that was killed has left. */
  start(): void {
    this.#keepAddress();
  }

  /** What `/web` serves. */
  get page(): string {
    return this.#page.html;
  }

  /** Where the terminal is to be opened, token included; `undefined` when it is not served. */
  get url(): string | undefined {
    const [served] = this.#tokens;
    return served === undefined ? undefined : `http://${served[0]}/web?token=${served[1]}`;
  }

  async listen(address: string, handler: RequestHandler, options?: CallOptions): Promise<Listener> {
    const { host, port } = parseAddress(address);
    const token = randomBytes(32).toString("base64url");
    let guard: RequestGuard | undefined;
    const guarded: RequestHandler = (request) =>
      guard ? this.#answer(guard, request, handler) : refuse(503, "starting");
    const listener = await this.#carrier.listen(`tcp://${authority(host, port)}`, guarded, options);
    const chosen = Number(new URL(listener.address).port);
    const served = httpHost(host, chosen);
    guard = new RequestGuard([served, httpHost("localhost", chosen)], token);
    this.#tokens.set(served, token);
    this.#keepAddress();
    this.#logger.info("web terminal: `docker web -u` prints its address with the token", { listening: served });
    return {
      address: `web://${authority(host, chosen)}`,
      close: async (call) => {
        await listener.close(call);
        if (this.#tokens.get(served) === token) this.#tokens.delete(served);
        this.#keepAddress();
      },
    };
  }

  /** The token is the address's own (`?token=…`), or that of a listener of this object. */
  async dial(address: string, options?: CallOptions): Promise<Connection> {
    const parsed = parseAddress(address);
    const connection = await this.#carrier.dial(`tcp://${authority(parsed.host, parsed.port)}`, options);
    const token = this.#tokenOf(parsed);
    return {
      request: (request, call) =>
        connection.request({ ...request, headers: { ...request.headers, [tokenHeader]: token } }, call),
      close: () => connection.close(),
    };
  }

  async #answer(guard: RequestGuard, request: TransportRequest, handler: RequestHandler): Promise<TransportResponse> {
    const page = ["GET", "HEAD"].includes(request.method) && /^\/web(\?|$)/.test(request.path);
    const refusal = guard.refusal(request, page);
    if (refusal !== undefined) return refuse(403, refusal);
    if (page) return pageResponse(this.#page);
    const response = await handler(request);
    return { ...response, headers: { ...response.headers, ...commonHeaders } };
  }

  #keepAddress(): void {
    if (this.#addressFile === undefined) return;
    // An older file could have been left readable to others.
    rmSync(this.#addressFile, { force: true });
    if (this.url !== undefined) writeFileSync(this.#addressFile, `${this.url}\n`, { mode: 0o600, flag: "wx" });
  }

  #tokenOf({ host, port, token }: WebAddress): string {
    const known = token ?? this.#tokens.get(httpHost(host, port));
    if (known !== undefined) return known;
    throw new EngineError("unauthorized", "the address lacks the token: docker web -u tells it");
  }
}

/** Nothing of an answer is kept, guessed at, or given to another origin. */
const commonHeaders = {
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

function pageResponse({ html, policy }: TerminalPage): TransportResponse {
  return {
    status: 200,
    headers: {
      ...commonHeaders,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy,
      "cross-origin-opener-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
    },
    body: text(html),
  };
}

async function refuse(status: number, why: string): Promise<TransportResponse> {
  return { status, headers: { ...commonHeaders, "content-type": "text/plain; charset=utf-8" }, body: text(`${why}\n`) };
}

async function* text(content: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}
