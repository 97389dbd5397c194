import { type Duplex, duplexPair } from "node:stream";

import type { TransportResponse } from "@gantry/core";
import type { Engine } from "@gantry/engine";
import { collectBytes, streamOf } from "@gantry/testkit";

import { apiHandler } from "../src/index.ts";
import { facts } from "./facts.ts";

/** The parts of an engine that a test needs; another one fails when it is called. */
export type EngineParts = { [K in keyof Engine]?: Partial<Engine[K]> };

export interface Answer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  text: string;
  json: unknown;
}

export interface Asked {
  /** Sent as JSON unless it is bytes. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Asks a handler over an engine. A path without version speaks the newest. */
export class ApiClient {
  readonly #handler: ReturnType<typeof apiHandler>;

  constructor(engine: EngineParts) {
    this.#handler = apiHandler(engine as Engine, facts);
  }

  async send(method: string, path: string, { body, headers = {}, signal }: Asked = {}): Promise<TransportResponse> {
    const bytes = body === undefined || body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
    return this.#handler({
      method,
      path,
      headers,
      body: bytes === undefined ? streamOf() : streamOf(bytes),
      signal: signal ?? new AbortController().signal,
    });
  }

  async ask(method: string, path: string, asked: Asked = {}): Promise<Answer> {
    const response = await this.send(method, path, asked);
    const text = Buffer.from(await collectBytes(response.body ?? streamOf())).toString();
    const isJson = text !== "" && lowered(response.headers)["content-type"] === "application/json";
    return {
      status: response.status,
      headers: lowered(response.headers),
      text,
      json: isJson && !text.trim().includes("\n") ? JSON.parse(text) : undefined,
    };
  }

  /** Asks to take the connection over. @returns the client's side of it */
  async hijack(
    path: string,
    asked: Asked = {},
  ): Promise<{ stream: Duplex; headers: Record<string, string>; over: Promise<void> }> {
    const response = await this.send("POST", path, { ...asked, headers: { upgrade: "tcp", ...asked.headers } });
    if (response.hijack === undefined) throw new Error(`status ${response.status} instead of a stream`);
    const [client, server] = duplexPair({ allowHalfOpen: true });
    // As a transport does it; a pair of streams by itself does not.
    client.once("close", () => server.destroy());
    return { stream: client, headers: lowered(response.headers), over: response.hijack(server) };
  }
}

function lowered(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
