import { setTimeout as delay } from "node:timers/promises";

import type {
  ClientRequest,
  ClientResponse,
  Connection,
  Listener,
  RequestHandler,
  Transport,
  TransportResponse,
} from "@gantry/core";

import type { Bench } from "../bench.ts";
import type { Check, PluginContext } from "../contract.ts";
import { collectBytes, streamOf } from "../fixtures/collect.ts";

export interface TransportSetup {
  /** An address to listen at: another one for each index, free for this check alone. */
  readonly address: (context: PluginContext, index: number) => string;
}

export type TransportBench = Bench<Transport, TransportSetup>;
export type TransportCheck = Check<Transport, TransportSetup>;

export function addressOf(bench: TransportBench, index = 0): string {
  return bench.options.address({ dir: bench.pluginDirectory }, index);
}

/** Listens; closed by force after the check. */
export async function serve(bench: TransportBench, handler: RequestHandler, index = 0): Promise<Listener> {
  const listener = await bench.subject.listen(addressOf(bench, index), handler);
  bench.defer(() => listener.close({ signal: AbortSignal.abort() }));
  return listener;
}

/** Dials; closed after the check. */
export async function dial(bench: TransportBench, listener: Listener): Promise<Connection> {
  const connection = await bench.subject.dial(listener.address);
  bench.defer(() => connection.close());
  return connection;
}

/** A listener with one connection to it. */
export async function connect(bench: TransportBench, handler: RequestHandler): Promise<Connection> {
  return dial(bench, await serve(bench, handler));
}

export function get(connection: Connection, path: string, rest: Partial<ClientRequest> = {}): Promise<ClientResponse> {
  return connection.request({ method: "GET", path, ...rest });
}

export function ok(body?: string | AsyncIterable<Uint8Array>): TransportResponse {
  if (body === undefined) return { status: 200, headers: {} };
  return { status: 200, headers: {}, body: typeof body === "string" ? streamOf(Buffer.from(body)) : body };
}

export async function textOf(response: ClientResponse): Promise<string> {
  return (await collectBytes(response.body)).toString();
}

/** Waits until the condition holds, at most two seconds. */
export async function becomes(condition: () => boolean): Promise<boolean> {
  for (const deadline = Date.now() + 2000; Date.now() < deadline && !condition();) await delay(5);
  return condition();
}
