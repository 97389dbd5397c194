import type { Socket } from "node:net";

const newline = 0x0a;

/** What a socket receives, up to the end of the other side's direction. Leaving it leaves the socket open. */
export async function* received(socket: Socket): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = socket.read() as Buffer | null;
    if (chunk !== null) yield chunk;
    else if (socket.errored) throw socket.errored;
    else if (socket.readableEnded) return;
    else if (socket.destroyed) throw new Error("the connection was cut");
    else await nextEvent(socket, ["readable", "end", "close", "error"]);
  }
}

/**
 * Takes one line off a socket, without its end; what follows is left for others to read.
 * @returns `undefined` when the other side ended before, or the line is longer than `maximum` bytes
 */
export async function readLine(socket: Socket, maximum: number): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const chunk of received(socket)) {
    const piece = chunk as Buffer;
    const end = piece.indexOf(newline);
    pieces.push(end < 0 ? piece : piece.subarray(0, end));
    length += pieces.at(-1)!.length;
    if (length > maximum) return undefined;
    if (end < 0) continue;
    if (end + 1 < piece.length) socket.unshift(piece.subarray(end + 1));
    return Buffer.concat(pieces).toString();
  }
  return undefined;
}

/**
 * Sends a stream, no faster than the other side reads, and returns its iterator when the socket closes meanwhile.
 * Errors: those of the stream; a socket that closes is none.
 */
export async function send(socket: Socket, stream: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]();
  const leave = (): void => void Promise.resolve(iterator.return?.()).catch(() => {});
  if (socket.destroyed) return leave();
  // A generator that waits for its next chunk hears of it only afterwards; such ones watch the request's signal.
  socket.once("close", leave);
  try {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true || socket.destroyed) return;
      if (!socket.write(next.value)) await nextEvent(socket, ["drain", "close"]);
    }
  } finally {
    socket.off("close", leave);
  }
}

/** Closes at once, with a reset: the other side cannot take it for the end of a stream. */
export function cutOff(socket: Socket): void {
  markReset(socket);
  socket.destroy();
}

/** `resetAndDestroy` first waits for what is yet to be written, which a peer that does not read holds up; its mark alone does not. */
export function markReset(socket: Socket): void {
  (socket as { resetAndClosing?: boolean }).resetAndClosing = true;
}

async function nextEvent(socket: Socket, events: readonly string[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => resolve();
  for (const event of events) socket.on(event, wake);
  await promise;
  for (const event of events) socket.off(event, wake);
}
