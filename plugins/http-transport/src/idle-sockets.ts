import type { Socket } from "node:net";

/** Sockets between two requests. One that the server closes, or on which it says something unasked, is dropped. */
export class IdleSockets {
  readonly #idle = new Map<Socket, () => void>();

  /** While it waits here, a socket does not keep the process. */
  add(socket: Socket): void {
    const drop = (): void => {
      this.#forget(socket);
      socket.destroy();
    };
    // Reading is what tells of the end.
    const look = (): void => {
      if (socket.read() !== null) drop();
    };
    const release = (): void => {
      socket.off("readable", look);
      socket.off("end", drop);
      socket.off("close", drop);
      socket.ref();
    };
    this.#idle.set(socket, release);
    socket.on("readable", look);
    socket.on("end", drop);
    socket.on("close", drop);
    socket.unref();
  }

  take(): Socket | undefined {
    for (const socket of this.#idle.keys()) {
      this.#forget(socket);
      if (!socket.destroyed && !socket.readableEnded && socket.writable) return socket;
      socket.destroy();
    }
    return undefined;
  }

  #forget(socket: Socket): void {
    this.#idle.get(socket)?.();
    this.#idle.delete(socket);
  }
}
