import type { ServerResponse } from "node:http";

import { type TransportResponse, messageOf } from "@gantry/core";

/** The answer to a request whose handler threw. */
export function failedResponse(thrown: unknown): TransportResponse {
  const body = Buffer.from(`${JSON.stringify({ message: messageOf(thrown) })}\n`);
  const headers = { "content-type": "application/json", "content-length": String(body.length) };
  return { status: 500, headers, body: single(body) };
}

/**
 * Sends a response: the head at once, each chunk of the body when it is there, no faster than the client reads. When the client
 * leaves, the body's iterator is returned; when the body fails, the connection is cut, which is all that can then tell the client.
 */
export async function sendResponse(outgoing: ServerResponse, response: TransportResponse): Promise<void> {
  const iterator = response.body?.[Symbol.asyncIterator]();
  const leave = (): void => {
    Promise.resolve(iterator?.return?.()).catch(() => {});
  };
  if (outgoing.destroyed) return leave();
  outgoing.writeHead(response.status, response.headers);
  if (iterator === undefined || outgoing.req.method === "HEAD" || [204, 304].includes(response.status)) {
    leave();
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  // A generator that waits for its next chunk hears of it only afterwards; such ones watch the request's signal.
  outgoing.once("close", leave);
  try {
    for (;;) {
      const next = await iterator.next();
      if (outgoing.destroyed) return;
      if (next.done === true) break;
      if (!outgoing.write(next.value)) await drained(outgoing);
    }
    outgoing.end();
  } catch {
    outgoing.destroy();
  }
}

function drained(outgoing: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = ["drain", "close"] as const;
  for (const event of events) outgoing.on(event, resolve);
  return promise.finally(() => {
    for (const event of events) outgoing.off(event, resolve);
  });
}

async function* single(chunk: Uint8Array): AsyncIterable<Uint8Array> {
  yield chunk;
}
