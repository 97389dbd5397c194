import { type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";

export interface ApiAnswer {
  status: number;
  body: Buffer;
}

/** A bare client of Docker's API on a unix socket: what a test sends is what is sent. */
export class ApiClient {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** @param body JSON, or bytes as they are */
  async call(method: string, path: string, body?: object): Promise<ApiAnswer> {
    const response = await this.open(method, path, body);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode!, body: Buffer.concat(chunks) };
  }

  /** What it answers, as JSON. Throws for a status that tells of a failure. */
  async json<T>(method: string, path: string, body?: object): Promise<T> {
    const { status, body: bytes } = await this.call(method, path, body);
    const text = bytes.toString();
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  get<T>(path: string): Promise<T> {
    return this.json("GET", path);
  }

  post<T>(path: string, body?: object): Promise<T> {
    return this.json("POST", path, body);
  }

  /** Resolves when the head of the answer is there; the caller reads or destroys the rest. */
  open(method: string, path: string, body?: object): Promise<IncomingMessage> {
    const bytes = body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body);
    const type = body instanceof Uint8Array ? "application/x-tar" : "application/json";
    return new Promise((resolve, reject) => {
      const call = request({
        socketPath: this.#socketPath,
        method,
        path,
        agent: false,
        headers: bytes === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(bytes) },
      });
      call.once("response", resolve).once("error", reject).end(bytes);
    });
  }

  /** The raw stream of an attach or of an exec's start. */
  hijack(path: string, body: object = {}): Promise<Duplex> {
    const text = JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const call = request({
        socketPath: this.#socketPath,
        method: "POST",
        path,
        agent: false,
        headers: {
          connection: "Upgrade",
          upgrade: "tcp",
          "content-type": "application/json",
          "content-length": Buffer.byteLength(text),
        },
      });
      call.once("upgrade", (_response, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      call.once("response", (response) => {
        response.resume();
        reject(new Error(`POST ${path}: ${response.statusCode} instead of an upgrade`));
      });
      call.once("error", reject).end(text);
    });
  }
}

export interface Frame {
  stream: "stdin" | "stdout" | "stderr";
  data: Buffer;
}

/** Takes the frames apart in which Docker sends the streams of a container that has no terminal. */
export async function* framesOf(stream: AsyncIterable<unknown>): AsyncGenerator<Frame> {
  const names = ["stdin", "stdout", "stderr"] as const;
  let pending = Buffer.alloc(0);
  for await (const chunk of stream) {
    pending = Buffer.concat([pending, chunk as Buffer]);
    while (pending.length >= 8 && pending.length >= 8 + pending.readUInt32BE(4)) {
      const end = 8 + pending.readUInt32BE(4);
      yield { stream: names[pending[0]!]!, data: pending.subarray(8, end) };
      pending = pending.subarray(end);
    }
  }
  if (pending.length > 0) throw new Error(`the stream ended within a frame, after ${pending.length} bytes of it`);
}

/** What the frames carry, of all streams. */
export async function* dataOf(stream: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const { data } of framesOf(stream)) yield data;
}
