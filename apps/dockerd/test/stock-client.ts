import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, readSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What stands in the way of running containers and Docker's own client here; the tests' titles tell it when they skip. */
export function obstacle(): string | undefined {
  if (process.geteuid?.() !== 0) return "needs root";
  if (stockClient === undefined) return "needs Docker's own client";
  return spawnSync("busybox", ["true"]).status === 0 ? undefined : "needs busybox-static";
}

/** A compiled program that calls itself Docker and names its build: ours is a script, and names none. */
const stockClient = findStockClient();

function findStockClient(): string | undefined {
  const candidates = (process.env["PATH"] ?? "").split(delimiter).map((directory) => join(directory, "docker"));
  return candidates.find(
    (path) =>
      isElf(path) &&
      /^Docker version \d+\.\d+\.\d+.*, build \w+/.test(spawnSync(path, ["--version"], { encoding: "utf8" }).stdout),
  );
}

function isElf(path: string): boolean {
  try {
    const file = openSync(path, "r");
    try {
      const magic = Buffer.alloc(4);
      readSync(file, magic, 0, 4, 0);
      return magic.toString("latin1") === "\x7fELF";
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

export interface ClientResult {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Docker's own client on a daemon's socket. */
export class StockClient {
  readonly #environment: NodeJS.ProcessEnv;

  constructor(socket: string) {
    this.#environment = { ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: "/nonexistent" };
  }

  /** Runs it to its end; what is to be read as its standard input ends there. */
  async run(args: readonly string[], stdin: string | Uint8Array = ""): Promise<ClientResult> {
    const child = this.spawn(args);
    child.stdin!.on("error", () => {});
    child.stdin!.end(stdin);
    return result(child);
  }

  /** The output of a call that must succeed, without its last line feed. */
  async output(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(args);
    if (status !== 0) throw new Error(`docker ${args.join(" ")}: status ${status}: ${stderr}`);
    return stdout.replace(/\n$/, "");
  }

  /** Lets it run on a terminal of its own; what is typed comes from `stdin`. */
  terminal(args: readonly string[]): ChildProcess {
    const command = [stockClient!, ...args].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
    return spawn("script", ["-qefc", command, "/dev/null"], { env: this.#environment });
  }

  spawn(args: readonly string[]): ChildProcess {
    return spawn(stockClient!, args, { env: this.#environment });
  }
}

/** Everything that a process writes, once it has ended. */
export async function result(child: ChildProcess): Promise<ClientResult> {
  let [stdout, stderr] = ["", ""];
  child.stdout!.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr!.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("close", resolve);
  child.once("error", reject);
  const status = await promise;
  return { status, stdout, stderr };
}
