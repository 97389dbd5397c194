import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { finished } from "node:stream/promises";

import type { TransportResponse } from "@gantry/core";

import { cutOff, detectLoss } from "./half-open-socket.ts";

/**
 * Takes a connection out of the hands of node:http after an ordinary request whose body has been read: what the client sends
 * from now on is the stream's.
 *
 * Node has no public call for it. Listening for data makes the HTTP parser give the socket's bytes back to JavaScript; the
 * parser's own listeners then go. The response stays attached, which keeps the server from counting the connection as idle.
 */
export function detachParser({ socket }: IncomingMessage): Socket {
  socket.on("data", () => {});
  socket.removeAllListeners("data");
  socket.removeAllListeners("end");
  // As Node itself does before an upgrade: neither flowing nor paused, whoever reads next decides.
  (socket as { readableFlowing: boolean | null }).readableFlowing = null;
  return socket;
}

/**
 * Writes the head that turns the connection into a byte stream and gives that to the handler; resolves when it is closed. The
 * stream may outlive the handler's promise, but not a failure of the handler.
 */
export async function hijack(socket: Socket, head: string, response: TransportResponse): Promise<void> {
  // The stream's user may not listen for errors at each moment; the socket is closed after one anyway.
  socket.on("error", () => {});
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.once("close", resolve);
  if (socket.destroyed) return;
  detectLoss(socket);
  socket.setNoDelay(true);
  socket.write(head);
  try {
    await response.hijack!(socket);
    await finished(socket, { readable: false });
    // What the client still sends is nobody's, but must be read for its own end to be seen.
    if (socket.readableFlowing === null) socket.resume();
  } catch {
    cutOff(socket);
  }
  await closed;
}

/** Docker's form of it: `101 UPGRADED` where the client asked for an upgrade, else an ordinary 200 without length. */
export function hijackHead(response: TransportResponse, protocol: string | undefined): string {
  const upgraded = protocol !== undefined;
  const lines = [upgraded ? "HTTP/1.1 101 UPGRADED" : "HTTP/1.1 200 OK"];
  for (const [name, value] of Object.entries(response.headers)) {
    if (!/^(connection|upgrade|content-length|transfer-encoding)$/i.test(name)) lines.push(`${name}: ${value}`);
  }
  if (upgraded) lines.push("Connection: Upgrade", `Upgrade: ${protocol}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
