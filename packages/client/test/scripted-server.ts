import type { Duplex } from "node:stream";

import type { TransportRequest, TransportResponse } from "@gantry/core";
import { MemoryTransport } from "@gantry/testkit";

import { RemoteEngine } from "../src/index.ts";

export type Answer = (request: ReceivedRequest) => TransportResponse | Promise<TransportResponse>;

export interface ReceivedRequest extends TransportRequest {
  /** `GET /containers/json`, without version. */
  line: string;
  version: string;
  query: Record<string, string | string[]>;
}

export interface ScriptedServer extends AsyncDisposable {
  engine: RemoteEngine;
  /** What came, pings left out, in order. */
  requests: ReceivedRequest[];
  /** Bodies, by the index of the request. */
  bodies: string[];
}

const pong: TransportResponse = { status: 200, headers: {} };

let servers = 0;

/**
 * A client of a server that answers by a table: `GET /containers/json`, without version and query. What is not in it gives a 404.
 * @param version of the API, without its `1.`
 */
export async function scriptedServer(
  answers: Readonly<Record<string, Answer | TransportResponse>>,
  { version = 50, ping = pong }: { version?: number; ping?: TransportResponse } = {},
): Promise<ScriptedServer> {
  const transport = new MemoryTransport();
  const address = `memory:scripted-${process.pid}-${servers++}`;
  const requests: ReceivedRequest[] = [];
  const bodies: string[] = [];
  const listener = await transport.listen(address, async (request) => {
    if (request.path === "/_ping") return { ...ping, headers: { "api-version": `1.${version}`, ...ping.headers } };
    const [, told = "", path = "", text = ""] = /^\/v(1\.\d+)(\/[^?]*)(?:\?(.*))?$/.exec(request.path) ?? [];
    const line = `${request.method} ${path}`;
    const received = { ...request, line, version: told, query: queryOf(text) };
    const index = requests.push(received) - 1;
    const answer = answers[line];
    if (answer === undefined) return json({ message: `page not found: ${line}` }, 404);
    if (typeof answer === "function") return answer(received);
    bodies[index] = await textOf(request.body);
    return answer;
  });
  const engine = await RemoteEngine.connect(await transport.dial(address));
  return {
    engine,
    requests,
    bodies,
    [Symbol.asyncDispose]: async () => {
      await engine.close();
      await listener.close({ signal: AbortSignal.abort() });
    },
  };
}

export function json(value: unknown, status = 200): TransportResponse {
  return { status, headers: { "content-type": "application/json" }, body: chunks(`${JSON.stringify(value)}\n`) };
}

export function lines(...values: readonly unknown[]): TransportResponse {
  return { status: 200, headers: {}, body: chunks(...values.map((value) => `${JSON.stringify(value)}\r\n`)) };
}

export const done: TransportResponse = { status: 204, headers: {} };

/** A body that can be read again by each request that it answers. */
export function chunks(...parts: readonly (string | Uint8Array)[]): AsyncIterable<Uint8Array> {
  return {
    async *[Symbol.asyncIterator]() {
      for (const part of parts) yield typeof part === "string" ? new TextEncoder().encode(part) : part;
    },
  };
}

export function hijacked(serve: (stream: Duplex) => void, contentType = "multiplexed-stream"): TransportResponse {
  return {
    status: 101,
    headers: { "content-type": `application/vnd.docker.${contentType}` },
    hijack: async (stream) => serve(stream),
  };
}

export function frame(stream: number, payload: string): Buffer {
  const content = Buffer.from(payload);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
}

export async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString();
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

function queryOf(text: string): Record<string, string | string[]> {
  const parameters = new URLSearchParams(text);
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => {
      const values = parameters.getAll(name);
      return [name, values.length === 1 ? values[0]! : values];
    }),
  );
}
