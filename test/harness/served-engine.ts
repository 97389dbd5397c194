import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { ApiClient } from "./api-client.ts";
import { DaemonProcess } from "./daemon.ts";
import { type Roots, checkout } from "./docker.ts";
import { type ProgramOptions, type ProgramResult, runProgram } from "./program.ts";

/** Milliseconds for which an engine on its way out may still hold the directories. */
const holderPatience = 30_000;

export interface ServedEngineSetup {
  /** Addresses besides the unix socket in the exec root: `rcli://127.0.0.1:0`. */
  hosts?: readonly string[];
  environment?: Readonly<Record<string, string>>;
}

/** An engine behind the checkout's daemon, which can be killed and started again, and its clients of every kind. */
export class ServedEngine implements AsyncDisposable {
  /** Docker's API, raw. */
  readonly api: ApiClient;
  readonly #roots: Roots;
  readonly #setup: ServedEngineSetup;
  readonly #socket: string;
  #daemon: DaemonProcess | undefined;

  private constructor(roots: Roots, setup: ServedEngineSetup) {
    this.#roots = roots;
    this.#setup = setup;
    this.#socket = join(roots.execRoot, "docker.sock");
    this.api = new ApiClient(this.#socket);
  }

  static async start(roots: Roots, setup: ServedEngineSetup = {}): Promise<ServedEngine> {
    const engine = new ServedEngine(roots, setup);
    await engine.startAgain();
    return engine;
  }

  /** Whether its daemon was started and not ended since. */
  get running(): boolean {
    return this.#daemon !== undefined;
  }

  get pid(): number {
    return this.#daemon!.pid;
  }

  /** For a client of today: DOCKER_HOST. */
  get environment(): Readonly<Record<string, string>> {
    return { DOCKER_HOST: `unix://${this.#socket}` };
  }

  /** The command of a client of today. GANTRY_TEST_CLIENT names another program than the checkout's. */
  get client(): string {
    return process.env["GANTRY_TEST_CLIENT"] ?? join(checkout, "bin/docker");
  }

  /** Where it listens for a scheme: `127.0.0.1:41223`. */
  authority(scheme: string): string {
    const found = this.#daemon!.addresses.find((address) => address.startsWith(`${scheme}://`));
    if (found === undefined) throw new Error(`the daemon does not listen at ${scheme}://`);
    return found.slice(`${scheme}://`.length);
  }

  docker(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
    return runProgram([this.client, ...args], { ...options, env: { ...this.environment, ...options.env } });
  }

  /** What a command prints that must succeed. */
  async print(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.docker(args);
    if (status !== 0) throw new Error(`docker ${args.join(" ")}: status ${status}: ${stderr}`);
    return stdout;
  }

  /** Calls a command of 2013 by its protocol: one line of JSON, the input, half-close; everything that comes back. */
  async rcli(argv: readonly string[], stdin: string | Uint8Array = ""): Promise<Buffer> {
    const [host, port] = this.authority("rcli").split(":");
    const socket = connect({ host: host!, port: Number(port), allowHalfOpen: true });
    socket.write(`${JSON.stringify(argv)}\n`);
    socket.end(stdin);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }

  async rcliText(...argv: readonly string[]): Promise<string> {
    return (await this.rcli(argv)).toString();
  }

  /** Ends the daemon by a signal; containers go on. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    this.#daemon?.signal(signal);
    await this.#daemon?.ended;
    this.#daemon = undefined;
  }

  /** After {@link end}, on the same directories. */
  async startAgain(): Promise<void> {
    const hosts = [`unix://${this.#socket}`, ...(this.#setup.hosts ?? [])];
    const { environment = {} } = this.#setup;
    const deadline = Date.now() + holderPatience;
    while (this.#daemon === undefined) {
      try {
        this.#daemon = await DaemonProcess.start(this.#roots, hosts, { environment });
      } catch (error) {
        if (!/in use by process/.test(String(error)) || Date.now() > deadline) throw error;
        await sleep(200);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
