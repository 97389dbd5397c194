import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { type Roots, checkout } from "./docker.ts";
import { eventually } from "./eventually.ts";

/** The checkout's `dockerd` on an engine's directories. Its end leaves containers running. */
export class DaemonProcess implements AsyncDisposable {
  /** What it has written: its log. */
  log = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, "close");
    child.stderr?.on("data", (chunk: Buffer) => (this.log += chunk.toString()));
  }

  /** @param hosts addresses; a port of 0 becomes a free one */
  static async start(roots: Roots, hosts: readonly string[]): Promise<DaemonProcess> {
    const places = ["--data-root", roots.dataRoot, "--exec-root", roots.execRoot];
    const args = [...places, ...hosts.flatMap((host) => ["-H", host])];
    const child = spawn(join(checkout, "bin/dockerd"), args, { stdio: ["ignore", "ignore", "pipe"] });
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
  }
}
