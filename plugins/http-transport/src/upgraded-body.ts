import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import { nextChunk } from "./next-chunk.ts";

/**
 * The body of a request that asked for an upgrade, up to its Content-Length. Node 24 gives its bytes as the first ones of the
 * socket, Node 26 as those of the request. Each iteration goes on where the last one was left.
 */
export class UpgradedBody implements AsyncIterable<Uint8Array> {
  readonly #request: IncomingMessage;
  readonly #socket: Duplex;
  #left: number;

  constructor(request: IncomingMessage, socket: Duplex) {
    this.#request = request;
    this.#socket = socket;
    this.#left = Number(request.headers["content-length"] ?? 0);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    for await (const chunk of this.#request.iterator({ destroyOnReturn: false })) {
      this.#left -= (chunk as Buffer).length;
      yield chunk as Buffer;
    }
    while (this.#left > 0) {
      const chunk = await nextChunk(this.#socket);
      if (chunk === undefined) return;
      if (chunk.length > this.#left) this.#socket.unshift(chunk.subarray(this.#left));
      const mine = chunk.subarray(0, this.#left);
      this.#left -= mine.length;
      yield mine;
    }
  }

  /** Takes what nobody has read, so that the socket goes on with what follows the body. */
  async drain(): Promise<void> {
    for await (const chunk of this) void chunk;
  }
}
