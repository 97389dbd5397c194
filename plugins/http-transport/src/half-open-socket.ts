import { Socket } from "node:net";

/**
 * Where each direction of a stream may end alone, the end of one (FIN) does not say that the peer is gone. This is how the two
 * are told apart: over TCP by a reset, on a unix socket by a write, which fails once the peer has closed and not before.
 */
export class HalfOpenSocket extends Socket {
  constructor() {
    super({ allowHalfOpen: true });
    detectLoss(this);
  }

  override destroy(error?: Error): this {
    const finished = this.writableFinished && this.readableEnded;
    if (!finished) resetOnClose(this);
    return super.destroy(error);
  }
}

/** Closes the socket when its peer is found gone at the end of what it sent. */
export function detectLoss(socket: Socket): void {
  socket.once("end", () => {
    // No byte is sent; TCP takes the write as well, and knows of a loss by the reset alone.
    if (!socket.writableEnded) socket.write(Buffer.alloc(0));
  });
}

/** Closes at once, in a way that the peer cannot take for the end of one direction. */
export function cutOff(socket: Socket): void {
  // The socket beneath a TLS one cannot be reset: Node crashes.
  if (!("encrypted" in socket)) resetOnClose(socket);
  socket.destroy();
}

/** `resetAndDestroy` waits for what is yet to be written, which a peer that does not read holds up; its mark alone does not. */
function resetOnClose(socket: Socket): void {
  if (socket.remoteFamily !== undefined) (socket as { resetAndClosing?: boolean }).resetAndClosing = true;
}
