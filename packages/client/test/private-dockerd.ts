import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Why no Docker daemon can be started here. */
export function dockerdObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  const missing = ["dockerd", "containerd", "runc"].find((program) => findProgram(program) === undefined);
  if (missing !== undefined) return `needs ${missing}`;
  return existsSync("/bin/busybox") ? undefined : "needs a static /bin/busybox";
}

function findProgram(name: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path));
}

/** A Docker daemon with directories and a socket of its own, and no network. */
export class PrivateDockerd implements AsyncDisposable {
  readonly address: string;
  readonly #directory: string;
  readonly #process: ChildProcess;
  #log = "";

  private constructor() {
    this.#directory = mkdtempSync(join(tmpdir(), "gantry-dockerd-"));
    const path = (name: string): string => join(this.#directory, name);
    this.address = `unix://${path("docker.sock")}`;
    const places = ["--data-root", path("data"), "--exec-root", path("exec"), "--pidfile", path("pid")];
    const network = ["--bridge", "none", "--iptables=false", "--ip6tables=false"];
    this.#process = spawn("dockerd", ["-H", this.address, ...places, ...network, "--storage-driver", "overlay2"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process.stderr!.on("data", (chunk: Buffer) => (this.#log += chunk.toString()));
  }

  /** Resolves when it answers. */
  static async start(): Promise<PrivateDockerd> {
    const daemon = new PrivateDockerd();
    const socket = daemon.address.slice("unix://".length);
    for (let left = 300; !daemon.#log.includes("API listen on") || !existsSync(socket); left -= 1) {
      if (left > 0 && daemon.#process.exitCode === null) await sleep(100);
      else {
        await daemon[Symbol.asyncDispose]();
        throw new Error(`dockerd did not start: ${daemon.#log.slice(-2000)}`);
      }
    }
    return daemon;
  }

  /** The tar archive of a root file system with busybox. */
  busyboxArchive(): Buffer {
    const root = join(this.#directory, "busybox");
    mkdirSync(join(root, "bin"), { recursive: true });
    mkdirSync(join(root, "tmp"));
    cpSync("/bin/busybox", join(root, "bin/busybox"), { dereference: true });
    for (const name of ["sh", "cat", "echo", "sleep", "true", "tty", "stty", "touch", "rm"]) {
      symlinkSync("busybox", join(root, "bin", name));
    }
    return execFileSync("tar", ["-C", root, "-c", "."], { maxBuffer: 64 * 1024 * 1024 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      const closed = new Promise((resolve) => this.#process.once("close", resolve));
      this.#process.kill("SIGTERM");
      await closed;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
