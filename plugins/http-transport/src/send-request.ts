import type { Socket } from "node:net";

import { type ClientRequest, EngineError } from "@gantry/core";

/** Bytes of a body that may go with a request to upgrade; it is sent as a whole. */
const maximumUpgradeBody = 1024 * 1024;

/**
 * Sends a request; resolves when all of it is on its way, or the server has gone. The body is sent no faster than the server takes
 * it. Errors: `invalid-argument` for what cannot be part of a request, and what the body fails with.
 */
export async function sendRequest(socket: Socket, host: string, request: ClientRequest): Promise<void> {
  const { body, upgrade } = request;
  if (upgrade === true) {
    const content = body === undefined ? undefined : await collect(body);
    const length = content === undefined ? {} : { "Content-Length": String(content.length) };
    socket.write(head(host, request, { Connection: "Upgrade", Upgrade: "tcp", ...length }), "latin1");
    if (content !== undefined) socket.write(content);
    return;
  }
  if (body === undefined) {
    const bodiless = request.method === "GET" || request.method === "HEAD";
    socket.write(head(host, request, bodiless ? {} : { "Content-Length": "0" }), "latin1");
    return;
  }
  socket.write(head(host, request, { "Transfer-Encoding": "chunked" }), "latin1");
  for await (const chunk of body) {
    if (socket.destroyed) return;
    if (chunk.length > 0 && !writeChunk(socket, chunk)) await drained(socket);
  }
  if (!socket.destroyed) socket.write("0\r\n\r\n");
}

function head(
  host: string,
  { method, path, headers = {} }: ClientRequest,
  own: Readonly<Record<string, string>>,
): string {
  const fields = Object.entries({ Host: host, ...headers, ...own });
  const safe =
    /^[A-Z]+ [!-~]+$/.test(`${method} ${path}`) &&
    fields.every(([name, value]) => /^[-!#$%&'*+.^_`|~\w]+$/.test(name) && /^[ -~\t\u0080-\u00FF]*$/.test(value));
  // What is not safe could be read as the end of this request and the beginning of another.
  if (!safe)
    throw new EngineError("invalid-argument", `a request may not have such a path or header: ${method} ${path}`);
  const lines = [`${method} ${path} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`)];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function writeChunk(socket: Socket, chunk: Uint8Array): boolean {
  socket.cork();
  socket.write(`${chunk.length.toString(16)}\r\n`);
  socket.write(chunk);
  const more = socket.write("\r\n");
  socket.uncork();
  return more;
}

function drained(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = ["drain", "close"] as const;
  for (const event of events) socket.on(event, resolve);
  return promise.finally(() => {
    for (const event of events) socket.off(event, resolve);
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
