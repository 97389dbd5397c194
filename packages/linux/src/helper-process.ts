import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";

import { type CallOptions, EngineError, type Lifecycled } from "@gantry/core";

import { Channel } from "./channel.ts";
import { EngineLock } from "./engine-lock.ts";
import { helperBinary } from "./helper-binary.ts";
import type { Helper, Monitor, MonitorLocation } from "./helper.ts";
import { MonitorConnection } from "./monitor-connection.ts";
import { encodeSteps } from "./step-codec.ts";
import { decodeStepError } from "./step-error.ts";
import type { Step } from "./step.ts";
import { BodyWriter, Message, protocolVersion } from "./wire.ts";

export interface HelperProcessOptions {
  /** Locked while this helper runs; a second helper on the same file fails with `conflict`, naming the holder. */
  lockFile?: string;
  /** Default: the one that the build made. */
  binary?: string;
}

const LockState = { none: 0, held: 1, conflict: 2 } as const;

interface Zygote {
  child: ChildProcess;
  channel: Channel;
}

/** The helper as a child process, spawned at `start` or at the first use, and again when it was killed meanwhile. */
export class HelperProcess implements Helper, Lifecycled {
  readonly #options: HelperProcessOptions;
  #zygote: Promise<Zygote> | undefined;
  #lock: EngineLock | undefined;

  constructor(options: HelperProcessOptions = {}) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#running();
  }

  /** Ends the zygote and gives the lock back. Monitors go on. */
  async stop(): Promise<void> {
    const starting = this.#zygote;
    this.#zygote = undefined;
    const zygote = await starting?.catch(() => undefined);
    if (zygote) await end(zygote);
    this.#release();
  }

  async monitor(options: MonitorLocation): Promise<Monitor> {
    const { channel } = await this.#running();
    const body = new BodyWriter().string(options.socket).string(options.directory).finish();
    await channel.request({ type: Message.monitor, body });
    const monitor = await MonitorConnection.open(options);
    if (!monitor) throw new EngineError("unavailable", `the monitor at ${options.socket} ended at once; try again`);
    return monitor;
  }

  async reconnect(options: MonitorLocation): Promise<Monitor | undefined> {
    return await MonitorConnection.open(options);
  }

  async run(steps: readonly Step[], options: CallOptions = {}): Promise<void> {
    const { channel } = await this.#running();
    await channel.request({
      type: Message.run,
      body: encodeSteps(steps),
      stepError: (body) => decodeStepError(body, { "before-clone": [], "after-clone": [], process: steps }),
      ...options,
    });
  }

  async #running(): Promise<Zygote> {
    const starting = (this.#zygote ??= this.#spawn());
    try {
      const zygote = await starting;
      if (!zygote.channel.closed) return zygote;
    } catch (thrown) {
      if (this.#zygote === starting) this.#zygote = undefined;
      throw thrown;
    }
    if (this.#zygote === starting) this.#zygote = undefined;
    return await this.#running();
  }

  async #spawn(): Promise<Zygote> {
    const { lockFile } = this.#options;
    const binary = this.#options.binary ?? helperBinary();
    // The lock outlives a zygote: the file stays open here, and the next zygote finds it locked by this very file.
    if (lockFile !== undefined) this.#lock ??= new EngineLock(lockFile);
    const lock = this.#lock;
    const child = spawn(binary, lock ? ["zygote", "lock"] : ["zygote"], {
      stdio: ["ignore", "ignore", "ignore", "pipe", ...(lock ? [lock.fd] : [])],
      env: {},
      cwd: "/",
    });
    child.unref();
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    failed.catch(() => {});
    // Node gives the descriptors after stdio as plain streams; a "pipe" is a socket.
    const zygote = { child, channel: new Channel(child.stdio[3] as Socket, "the helper") };
    try {
      await greet(zygote.channel, lock, failed);
      return zygote;
    } catch (thrown) {
      await end(zygote);
      this.#release();
      throw thrown;
    }
  }

  #release(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }
}

async function greet(channel: Channel, lock: EngineLock | undefined, failed: Promise<never>): Promise<void> {
  let refusal: EngineError | undefined;
  channel.onNotice = (frame) => {
    if (frame.type === Message.error) refusal = channel.errorOf(frame.body);
  };
  const hello = await Promise.race([channel.hello(), failed]).catch((cause: unknown) => {
    throw new EngineError("unavailable", "the helper program cannot be executed; rebuild it with `pnpm build`", {
      cause,
    });
  });
  if (!hello)
    throw refusal ?? new EngineError("unavailable", "the helper program ended at once; rebuild it with `pnpm build`");
  const version = hello.readUInt32LE(0);
  if (version !== protocolVersion) throw new EngineError("unsupported", versionMessage("the helper program", version));
  if (!lock) return;
  const state = hello.readUInt32LE(4);
  if (state === LockState.conflict) throw lock.conflict();
  if (state !== LockState.held)
    throw new EngineError("unsupported", `${lock.path} cannot be locked on its file system`);
  lock.recordHolder();
}

function versionMessage(what: string, version: number): string {
  return `${what} speaks protocol ${version}, this engine ${protocolVersion}; rebuild it with \`pnpm build\``;
}

async function end({ child, channel }: Zygote): Promise<void> {
  const gone = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const exited = gone ? Promise.resolve() : new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.ref();
  channel.close();
  await exited;
}
