import { type Socket, connect } from "node:net";

import { collectBytes } from "@gantry/testkit";

/** A client that knows nothing but the protocol as it was written down. */
export async function rawCall(address: string, line: string, input: string | undefined = ""): Promise<string> {
  const socket = rawConnect(address);
  socket.write(`${line}${input}`);
  socket.end();
  return (await collectBytes(socket)).toString();
}

export function rawConnect(address: string): Socket {
  const { hostname: host, port } = new URL(address);
  return connect({ host, port: Number(port), allowHalfOpen: true });
}
