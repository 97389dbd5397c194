import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { RemoteEngine } from "@gantry/client";
import { EngineError, type Paths, isEngineError } from "@gantry/core";
import { dialHttp } from "@gantry/http-transport";

import { fileError } from "./file-error.ts";

/** Seconds without a client after which a daemon that was started so leaves; GANTRY_IDLE_TIMEOUT says otherwise. */
const defaultIdleTimeout = "30";
/** Milliseconds. */
const pollInterval = 10;
const startLimit = 60_000;
/** How often a start is tried while another process has the engine: it may be leaving, or about to answer. */
const patience = 4;

/**
 * The engine of the daemon at these directories, which is started when none answers. Any number of callers may come at once: all
 * start one, the engine's lock lets one of them be it, and the others connect to that.
 * Errors: those of the daemon's start, as it tells them; `unavailable` when it does not answer in time.
 */
export async function openOnDemand(roots: Paths, environment: NodeJS.ProcessEnv): Promise<RemoteEngine> {
  const address = `unix://${roots.execRoot}/docker.sock`;
  const running = await tryConnect(address);
  if (running !== undefined) return running;
  const deadline = Date.now() + startLimit;
  let attempts = 0;
  for (let daemon = await StartedDaemon.spawn(roots, environment); ;) {
    const engine = await tryConnect(address);
    if (engine !== undefined) return engine;
    const failure = daemon.failure();
    if (failure !== undefined) {
      attempts += 1;
      if (!failure.held || attempts >= patience)
        throw new EngineError(failure.held ? "conflict" : "unavailable", failure.message);
      // Who holds it answers soon, or lets go.
      const answered = await connectWithin(address, 250 * attempts);
      if (answered !== undefined) return answered;
      daemon = await StartedDaemon.spawn(roots, environment);
    }
    if (Date.now() > deadline) {
      throw new EngineError("unavailable", `the daemon does not answer: see ${logPath(roots)}`);
    }
    await sleep(pollInterval);
  }
}

async function connectWithin(address: string, milliseconds: number): Promise<RemoteEngine | undefined> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    const engine = await tryConnect(address);
    if (engine !== undefined || Date.now() > deadline) return engine;
    await sleep(pollInterval);
  }
}

/** `undefined` when nobody answers there, or who did is just leaving. */
async function tryConnect(address: string): Promise<RemoteEngine | undefined> {
  try {
    return await RemoteEngine.connect(await dialHttp(address));
  } catch (thrown) {
    if (isEngineError(thrown, "unavailable")) return undefined;
    throw thrown;
  }
}

function logPath({ execRoot }: Paths): string {
  return join(execRoot, "dockerd.log");
}

/** A daemon that was started here and goes on when this process ends. */
class StartedDaemon {
  readonly #child: ChildProcess;
  readonly #log: string;
  /** Where its own lines begin. */
  readonly #offset: number;
  #exited = false;

  private constructor(child: ChildProcess, log: string, offset: number) {
    this.#child = child;
    this.#log = log;
    this.#offset = offset;
    child.once("exit", () => (this.#exited = true));
    child.once("error", () => (this.#exited = true));
  }

  static async spawn(roots: Paths, environment: NodeJS.ProcessEnv): Promise<StartedDaemon> {
    const log = logPath(roots);
    const descriptor = await openLog(log, roots.execRoot);
    try {
      const places = ["--data-root", roots.dataRoot, "--exec-root", roots.execRoot];
      const idle = ["--idle-timeout", environment["GANTRY_IDLE_TIMEOUT"] || defaultIdleTimeout];
      const child = spawn(process.execPath, [daemonProgram(), ...places, ...idle], {
        cwd: "/",
        detached: true,
        stdio: ["ignore", descriptor, descriptor],
      });
      child.unref();
      return new StartedDaemon(child, log, fstatSync(descriptor).size);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Why it has ended; `undefined` while it runs. */
  failure(): { message: string; held: boolean } | undefined {
    if (!this.#exited) return undefined;
    const lines = readFrom(this.#log, this.#offset).split("\n");
    const told = lines.findLast((line) => line.startsWith("dockerd: "))?.slice("dockerd: ".length);
    const message = told ?? `the daemon ended with status ${this.#child.exitCode}: see ${this.#log}`;
    return { message, held: message.includes("in use by process") };
  }
}

async function openLog(path: string, directory: string): Promise<number> {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return openSync(path, "a", 0o600);
  } catch (thrown) {
    const error = await fileError(thrown, path);
    if (error.code !== "forbidden" || process.geteuid?.() === 0) throw error;
    throw new EngineError("forbidden", "containers need root's rights: run this as root, or with sudo", {
      cause: thrown,
    });
  }
}

function readFrom(path: string, offset: number): string {
  const descriptor = openSync(path, "r");
  try {
    const size = Math.max(0, fstatSync(descriptor).size - offset);
    const content = Buffer.alloc(size);
    return content.toString("utf8", 0, readSync(descriptor, content, 0, size, offset));
  } finally {
    closeSync(descriptor);
  }
}

/** The daemon's program; its bundle, which starts faster, where this program runs from one too. */
function daemonProgram(): string {
  const directory = dirname(fileURLToPath(import.meta.resolve("@gantry/dockerd/package.json")));
  const bundle = join(directory, "dist/bundle/main.js");
  return process.argv[1]?.includes("/bundle/") === true && existsSync(bundle)
    ? bundle
    : join(directory, "dist/main.js");
}
