import { type Socket, connect } from "node:net";

/** A client that sends and shows bytes as they are. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  #received = "";
  #ended = false;
  #changed = Promise.withResolvers<void>();

  constructor(path: string) {
    this.socket = connect({ path, allowHalfOpen: true });
    this.socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1");
      this.#notify();
    });
    for (const event of ["end", "close", "error"]) {
      this.socket.on(event, () => {
        this.#ended = true;
        this.#notify();
      });
    }
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Half closes. */
  end(): void {
    this.socket.end();
  }

  /** What came so far, once it contains the text. */
  async until(text: string): Promise<string> {
    while (!this.#received.includes(text)) {
      if (this.#ended) throw new Error(`the server closed after ${JSON.stringify(this.#received)}`);
      await this.#changed.promise;
    }
    return this.#received;
  }

  /** All that came, once the server has closed its side. */
  async whole(): Promise<string> {
    while (!this.#ended) await this.#changed.promise;
    return this.#received;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
