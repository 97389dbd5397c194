import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { type Roots, checkout } from "./docker.ts";
import { eventually } from "./eventually.ts";

export interface DaemonSetup {
  flags?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  /** Words before the program: `systemd-socket-activate …`. */
  prefix?: readonly string[];
}

/** The checkout's `dockerd` on an engine's directories. Its end leaves containers running. */
export class DaemonProcess implements AsyncDisposable {
  /** What it has written: its log. */
  log = "";
  /** Resolves to the exit status; `null` when a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = once(child, "close").then(([status]) => status as number | null);
    child.stderr?.on("data", (chunk: Buffer) => (this.log += chunk.toString()));
  }

  /** @param hosts addresses; a port of 0 becomes a free one */
  static async start(
    roots: Roots,
    hosts: readonly string[],
    { flags = [], environment = {}, prefix = [] }: DaemonSetup = {},
  ): Promise<DaemonProcess> {
    const places = ["--data-root", roots.dataRoot, "--exec-root", roots.execRoot];
    const args = [...places, ...hosts.flatMap((host) => ["-H", host]), ...flags];
    const [program, ...words] = [...prefix, join(checkout, "bin/dockerd"), ...args];
    const env = { ...process.env, ...environment };
    const child = spawn(program!, words, { stdio: ["ignore", "ignore", "pipe"], env });
    const daemon = new DaemonProcess(child);
    const settled = () => daemon.addresses.length > 0 || child.exitCode !== null;
    await eventually(settled, Boolean, 30_000);
    if (daemon.addresses.length > 0) return daemon;
    await daemon[Symbol.asyncDispose]();
    throw new Error(`dockerd did not start: ${daemon.log}`);
  }

  /** Where it listens, as it says when it is ready. */
  get addresses(): readonly string[] {
    return /msg="ready" listening="([^"]*)"/.exec(this.log)?.[1]?.split(",") ?? [];
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGTERM");
    await this.ended;
  }
}
