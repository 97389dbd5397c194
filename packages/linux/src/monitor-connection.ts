import { closeSync, constants, openSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { basename, dirname } from "node:path";

import {
  type CallOptions,
  type ConsoleSize,
  EngineError,
  type ExitStatus,
  type OutputChunk,
  type OutputPosition,
  type OutputQuery,
  isEngineError,
} from "@gantry/core";

import { Channel, abortable } from "./channel.ts";
import type { Monitor, MonitorLocation } from "./helper.ts";
import { outputEnd, readOutput, releaseOutput } from "./output-record.ts";
import { exitStatus, readExitRecord, readLaunchRecord } from "./records.ts";
import { encodeLaunch } from "./step-codec.ts";
import { decodeStepError } from "./step-error.ts";
import type { LaunchProgram } from "./step.ts";
import { BodyWriter, type Frame, Message, protocolVersion } from "./wire.ts";

/** As in native/monitor.h. */
const State = { idle: 0, running: 4 } as const;
const stdinChunk = 64 * 1024;

/** A client of one monitor. What the monitor recorded is read from disk, also after it is gone. */
export class MonitorConnection implements Monitor {
  readonly #channel: Channel;
  readonly #directory: string;
  readonly #exit = Promise.withResolvers<ExitStatus>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #readers = new Set<() => void>();
  #program: LaunchProgram | undefined;
  #pid: number | undefined;
  #launched = false;
  #started = false;
  #ended = false;
  #disconnected = false;
  #watching = false;
  #knownEnd: OutputPosition = 0;
  #stdin: Promise<void> = Promise.resolve();

  private constructor(channel: Channel, directory: string) {
    this.#channel = channel;
    this.#directory = directory;
    this.#exit.promise.catch(() => {});
    channel.onNotice = (frame) => this.#notice(frame);
    channel.onClose = () => {
      this.#gone.resolve();
      void this.#close();
    };
  }

  /** `undefined` when nobody listens there. */
  static async open(location: MonitorLocation): Promise<MonitorConnection | undefined> {
    const socket = await connectTo(location.socket);
    if (!socket) return undefined;
    const connection = new MonitorConnection(new Channel(socket, "the monitor"), location.directory);
    return (await connection.#greet()) ? connection : undefined;
  }

  get pid(): number | undefined {
    return this.#ended ? undefined : this.#pid;
  }

  async launch(program: LaunchProgram, options: CallOptions = {}): Promise<number> {
    const body = encodeLaunch(program);
    this.#program = program;
    this.#launched = true;
    try {
      const reply = await this.#stepRequest(Message.launch, body, options);
      this.#pid = reply.readUInt32LE(0);
      this.#started = !program.process.some((step) => step.do === "barrier");
      return this.#pid;
    } catch (thrown) {
      // The monitor ends by itself with the connection that launched, and the process with it.
      if (options.signal?.aborted) this.disconnect();
      throw thrown;
    }
  }

  async start(options: CallOptions = {}): Promise<void> {
    if (this.#ended) throw gone();
    try {
      await this.#stepRequest(Message.start, undefined, options);
    } catch (thrown) {
      // A request written after the monitor of a short process is gone closes the socket with the answer still unread in it.
      if (!this.#channel.closed || (await readLaunchRecord(this.#directory)) === undefined) throw thrown;
    }
    this.#started = true;
  }

  async started(): Promise<boolean> {
    if (this.#started) return true;
    const status = await this.#ask(Message.status);
    return status ? status.readUInt32LE(0) === State.running : (await readLaunchRecord(this.#directory)) !== undefined;
  }

  async signal(signal: number): Promise<void> {
    const reply = await this.#ask(Message.signal, new BodyWriter().u32(signal).finish()).catch((thrown: unknown) => {
      if (isEngineError(thrown) && thrown.details["errno"] === "ESRCH") return undefined;
      throw thrown;
    });
    if (!reply) throw gone();
  }

  async resize(size: ConsoleSize): Promise<void> {
    const body = new BodyWriter().u32(size.rows).u32(size.columns).finish();
    if (!(await this.#ask(Message.resize, body))) throw gone();
  }

  async writeStdin(data: Uint8Array): Promise<void> {
    await this.#afterInput(async () => {
      for (let at = 0; at < data.length; at += stdinChunk) {
        const body = new BodyWriter().bytes(data.subarray(at, at + stdinChunk)).finish();
        // Whoever is gone reads nothing: the rest is dropped.
        if (!(await this.#ask(Message.stdin, body))) return;
      }
    });
  }

  async closeStdin(): Promise<void> {
    await this.#afterInput(async () => void (await this.#ask(Message.closeStdin)));
  }

  async wait(options: CallOptions = {}): Promise<ExitStatus> {
    return await this.#channel.hold(abortable(this.#exit.promise, options.signal));
  }

  output(query: OutputQuery = {}): AsyncIterable<OutputChunk> {
    return readOutput(this.#directory, query, {
      ended: () => this.#ended,
      grown: (position, signal) => this.#grown(position, signal),
    });
  }

  async outputEnd(): Promise<OutputPosition> {
    const status = await this.#ask(Message.status);
    return status ? Number(status.readBigUInt64LE(8)) : await outputEnd(this.#directory);
  }

  async releaseOutput(before: OutputPosition): Promise<void> {
    const reply = await this.#ask(Message.release, new BodyWriter().u64(before).finish());
    if (!reply) await releaseOutput(this.#directory, before);
  }

  async gone(): Promise<void> {
    await this.#channel.hold(this.#gone.promise);
  }

  disconnect(): void {
    this.#disconnected = true;
    this.#channel.close();
  }

  async #greet(): Promise<boolean> {
    const hello = await this.#channel.hello();
    if (!hello) return false;
    const version = hello.readUInt32LE(0);
    if (version !== protocolVersion) {
      this.disconnect();
      const message = `the monitor speaks protocol ${version}, this engine ${protocolVersion}; use the engine that started it`;
      throw new EngineError("unsupported", message);
    }
    const state = hello.readUInt32LE(4);
    this.#launched = state !== State.idle;
    this.#started = state === State.running;
    if (this.#launched) this.#pid = hello.readUInt32LE(8);
    return true;
  }

  async #stepRequest(type: number, body: Uint8Array | undefined, options: CallOptions): Promise<Buffer> {
    const program = this.#program;
    return await this.#channel.request({
      type,
      ...(body && { body }),
      stepError: (failure) =>
        decodeStepError(failure, {
          "before-clone": program?.beforeClone ?? [],
          "after-clone": program?.afterClone ?? [],
          process: program?.process ?? [],
        }),
      ...options,
    });
  }

  /** The reply, or `undefined` when the process has ended or the monitor is gone. */
  async #ask(type: number, body?: Uint8Array): Promise<Buffer | undefined> {
    try {
      if (!this.#ended) return await this.#channel.request({ type, ...(body && { body }) });
    } catch (thrown) {
      if (!this.#channel.closed) throw thrown;
    }
    // Whoever knows of the end may have left while the reply was under way.
    if (this.#disconnected && !this.#ended) throw disconnected();
    return undefined;
  }

  /** Pieces of input go one after the other: the monitor takes one at a time from a client. */
  async #afterInput(work: () => Promise<void>): Promise<void> {
    const done = this.#stdin.then(work);
    this.#stdin = done.catch(() => {});
    await done;
  }

  async #grown(position: OutputPosition, signal: AbortSignal | undefined): Promise<void> {
    if (this.#disconnected) throw disconnected();
    this.#knownEnd = Math.max(this.#knownEnd, position);
    if (this.#ended || this.#knownEnd > position) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#readers.add(resolve);
    void this.#watch();
    try {
      await abortable(promise, signal);
    } finally {
      this.#readers.delete(resolve);
    }
  }

  /** One watch serves all readers, which all wait for the position known so far to be passed. */
  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    try {
      const body = new BodyWriter().u64(this.#knownEnd).finish();
      const reply = await this.#channel.request({ type: Message.watch, body });
      this.#knownEnd = Math.max(this.#knownEnd, Number(reply.readBigUInt64LE(0)));
    } catch {
      // The connection is closed: #close wakes the readers.
      return;
    } finally {
      this.#watching = false;
    }
    this.#wakeReaders();
  }

  #wakeReaders(): void {
    for (const resolve of this.#readers) resolve();
    this.#readers.clear();
  }

  #notice(frame: Frame): void {
    if (frame.type !== Message.exited) return;
    const { body } = frame;
    this.#exit.resolve(exitStatus(body.readUInt32LE(16), body.readUInt32LE(20), body.readBigUInt64LE(0)));
    this.#ended = true;
    this.#wakeReaders();
  }

  /** The monitor is gone, or this client leaves: the exit record says what became of the process. */
  async #close(): Promise<void> {
    if (!this.#ended) {
      const recorded = this.#launched && !this.#disconnected ? await readExitRecord(this.#directory) : undefined;
      if (recorded) this.#exit.resolve(recorded);
      else if (this.#disconnected) this.#exit.reject(disconnected());
      else if (this.#started) this.#exit.resolve({ code: 255, exitedAt: BigInt(Date.now()) * 1_000_000n, lost: true });
      else
        this.#exit.reject(
          new EngineError("unavailable", "the monitor ended before the process was started; create it again"),
        );
      this.#ended = true;
    }
    this.#wakeReaders();
  }
}

function gone(): EngineError {
  return new EngineError("conflict", "the process has exited");
}

function disconnected(): EngineError {
  return new EngineError("unavailable", "disconnected from the monitor; reconnect");
}

/** Connects through the directory's descriptor: a socket's path may have 107 bytes only, and this one is longer at times. */
async function connectTo(path: string): Promise<Socket | undefined> {
  let directory: number | undefined;
  try {
    directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
    return await connected(connect({ path: `/proc/self/fd/${directory}/${basename(path)}` }));
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    // Reset: it ended with this connection still in its backlog.
    if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ECONNRESET") return undefined;
    throw new EngineError("unavailable", `cannot connect to the monitor at ${path} (${code})`, { cause: thrown });
  } finally {
    if (directory !== undefined) closeSync(directory);
  }
}

async function connected(socket: Socket): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  socket.once("connect", () => resolve(socket));
  socket.once("error", reject);
  return await promise;
}
