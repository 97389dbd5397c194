import type { Socket } from "node:net";

import { type CallOptions, EngineError } from "@gantry/core";

import { errnoName, errorCodeOf } from "./step-error.ts";
import { type Frame, FrameReader, Message, encodeFrame } from "./wire.ts";

interface Pending {
  resolve(body: Buffer): void;
  reject(error: unknown): void;
  /** Turns the body of `stepFailed` into the error. */
  stepError?: ((body: Buffer) => Error) | undefined;
}

export interface ChannelRequest extends CallOptions {
  type: number;
  body?: Uint8Array;
  stepError?: (body: Buffer) => Error;
}

const nothing = new Uint8Array();

/**
 * Requests and replies over one socket to the helper, many at a time. It keeps the process alive only while something is
 * asked for.
 */
export class Channel {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #pending = new Map<number, Pending>();
  readonly #peer: string;
  #nextId = 1;
  #holds = 0;
  #closed = false;
  readonly #hello: Promise<Buffer | undefined>;
  #greet: (body: Buffer | undefined) => void = () => {};
  /** Told of messages that answer nothing. */
  onNotice: (frame: Frame) => void = () => {};
  /** Told once, after all that was pending has been rejected. */
  onClose: () => void = () => {};

  /** @param peer what the other side is called in errors */
  constructor(socket: Socket, peer: string) {
    this.#socket = socket;
    this.#peer = peer;
    this.#hello = new Promise((resolve) => (this.#greet = resolve));
    socket.unref();
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", () => {});
    socket.on("close", () => this.#finish());
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The first message; `undefined` when the other side goes without one. */
  async hello(): Promise<Buffer | undefined> {
    return await this.hold(this.#hello);
  }

  /** @throws EngineError as the other side says; `unavailable` when it is gone */
  async request(request: ChannelRequest): Promise<Buffer> {
    request.signal?.throwIfAborted();
    if (this.#closed) throw this.#gone();
    const id = this.#allocate();
    const reply = new Promise<Buffer>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, stepError: request.stepError });
    });
    this.#socket.write(encodeFrame(request.type, id, request.body ?? nothing));
    return await this.hold(abortable(reply, request.signal));
  }

  close(): void {
    this.#socket.destroy();
    this.#finish();
  }

  /** Keeps the process alive while a promise is pending. */
  async hold<T>(promise: Promise<T>): Promise<T> {
    if (this.#holds++ === 0) this.#socket.ref();
    try {
      return await promise;
    } finally {
      if (--this.#holds === 0) this.#socket.unref();
    }
  }

  #allocate(): number {
    do this.#nextId = (this.#nextId % 0xffff) + 1;
    while (this.#pending.has(this.#nextId));
    return this.#nextId;
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) this.#dispatch(frame);
    } catch {
      this.close();
    }
  }

  #dispatch(frame: Frame): void {
    const pending = this.#pending.get(frame.id);
    if (frame.type === Message.hello) return this.#greet(frame.body);
    if (pending === undefined) return this.onNotice(frame);
    this.#pending.delete(frame.id);
    if (frame.type === Message.ok) pending.resolve(frame.body);
    else if (frame.type === Message.stepFailed && pending.stepError) pending.reject(pending.stepError(frame.body));
    else pending.reject(this.errorOf(frame.body));
  }

  /** The error that an `error` message carries. */
  errorOf(body: Buffer): EngineError {
    const number = body.readUInt32LE(0);
    const what = body.subarray(8, 8 + body.readUInt32LE(4)).toString();
    const name = errnoName(number);
    return new EngineError(errorCodeOf(number), `${this.#peer}: ${what} failed (${name})`, {
      details: { errno: name },
    });
  }

  #gone(): EngineError {
    return new EngineError("unavailable", `${this.#peer} is gone; try again`);
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#greet(undefined);
    for (const pending of this.#pending.values()) pending.reject(this.#gone());
    this.#pending.clear();
    this.onClose();
  }
}

/** Rejects with the signal's reason when it aborts first. The promise itself goes on. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
    promise.catch(() => {});
  }
}
