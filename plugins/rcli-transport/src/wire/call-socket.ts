import { Socket } from "node:net";

import { markReset } from "./socket-streams.ts";

/**
 * The client's end of a call. Where each direction may end alone, an end does not say that the client is gone: one that leaves
 * before both have ended resets the connection.
 */
export class CallSocket extends Socket {
  constructor() {
    super({ allowHalfOpen: true });
    // Whoever reads or writes is told; the event alone must not end the process.
    this.on("error", () => {});
  }

  override destroy(error?: Error): this {
    if (!this.writableFinished || !this.readableEnded) markReset(this);
    return super.destroy(error);
  }
}
