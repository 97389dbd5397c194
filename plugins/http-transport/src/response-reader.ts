import type { Socket } from "node:net";

import { EngineError } from "@gantry/core";

import { nextChunk } from "./next-chunk.ts";

export interface ResponseHead {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Whether the server keeps the connection for further requests. */
  keepsAlive: boolean;
}

/** Clients are told of large heads too: in bytes. */
const maximumHead = 1024 * 1024;
const headEnd = Buffer.from("\r\n\r\n");
const nothing = Buffer.alloc(0);

/** Reads one HTTP/1.1 response (RFC 9112) off a socket. Errors: `unavailable` when it ends early, `internal` for what is no HTTP. */
export class ResponseReader {
  readonly #socket: Socket;
  /** What was read of the socket and not used yet. */
  #rest: Buffer = nothing;
  /** Whether anything has come. */
  begun = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** What came after what was read, for whoever takes the socket over. */
  takeRest(): Buffer {
    const rest = this.#rest;
    this.#rest = nothing;
    return rest;
  }

  /** The head of the final response: those that only say that one goes on are passed over. */
  async head(): Promise<ResponseHead> {
    for (;;) {
      const head = parseHead((await this.#through(headEnd)).toString("latin1"));
      if (head.status >= 200 || head.status === 101) return head;
    }
  }

  /** @returns whether the connection can go on after it: the end of the body was not that of the connection */
  async *body(method: string, { status, headers }: ResponseHead): AsyncGenerator<Uint8Array, boolean> {
    if (method === "HEAD" || status === 204 || status === 304) return true;
    if (/\bchunked\b/i.test(headers["transfer-encoding"] ?? "")) {
      yield* this.#chunks();
      return true;
    }
    const length = headers["content-length"];
    if (length !== undefined) {
      yield* this.#exactly(Number(length));
      return true;
    }
    for (let chunk = await this.#next(); chunk !== undefined; chunk = await this.#next()) yield chunk;
    if (this.#socket.errored !== null) throw cutOff(this.#socket);
    return false;
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const line = (await this.#through(lineEnd)).toString("latin1");
      const size = /^([0-9a-f]{1,12})\s*(;|\r\n$)/i.exec(line)?.[1];
      if (size === undefined) throw malformed("the size of a chunk");
      const length = Number.parseInt(size, 16);
      if (length === 0) break;
      yield* this.#exactly(length);
      if ((await this.#through(lineEnd)).length !== lineEnd.length) throw malformed("the end of a chunk");
    }
    // Trailers, of which nobody takes notice, end with an empty line.
    while ((await this.#through(lineEnd)).length > lineEnd.length);
  }

  async *#exactly(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0;) {
      const chunk = await this.#next();
      if (chunk === undefined) throw cutOff(this.#socket);
      const mine = chunk.subarray(0, left);
      this.#rest = chunk.subarray(mine.length);
      left -= mine.length;
      yield mine;
    }
  }

  /** Everything up to and with a mark. */
  async #through(mark: Buffer): Promise<Buffer> {
    let read: Buffer = nothing;
    for (;;) {
      const chunk = await this.#next();
      if (chunk === undefined) throw cutOff(this.#socket);
      // The mark may have begun in what came before.
      const from = Math.max(0, read.length - mark.length + 1);
      read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
      const end = read.indexOf(mark, from);
      if (end >= 0) {
        this.#rest = read.subarray(end + mark.length);
        return read.subarray(0, end + mark.length);
      }
      if (read.length > maximumHead) throw malformed("a head, which has no end");
    }
  }

  async #next(): Promise<Buffer | undefined> {
    const chunk = this.#rest.length > 0 ? this.takeRest() : await nextChunk(this.#socket);
    this.begun ||= chunk !== undefined;
    return chunk;
  }
}

const lineEnd = Buffer.from("\r\n");

function parseHead(text: string): ResponseHead {
  const [first = "", ...lines] = text.trimEnd().split("\r\n");
  const match = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first);
  if (match === null) throw malformed("a status line");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon < 1) throw malformed("a header");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  }
  const connection = headers["connection"] ?? "";
  const keepsAlive = match[1] === "1" ? !/\bclose\b/i.test(connection) : /\bkeep-alive\b/i.test(connection);
  return { status: Number(match[2]), headers, keepsAlive };
}

function malformed(what: string): EngineError {
  return new EngineError("internal", `what answers is no HTTP server: it did not send ${what}`);
}

function cutOff(socket: Socket): Error {
  return socket.errored ?? new Error("the server closed the connection");
}
