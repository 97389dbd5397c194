import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const checkout = join(import.meta.dirname, "../..");

/** The two directories of one engine. */
export interface Roots {
  dataRoot: string;
  execRoot: string;
}

/** What a call of a program came to. */
export interface CallResult {
  /** 128 + n when signal n ended it. */
  status: number;
  stdout: string;
  stderr: string;
}

export interface CallOptions {
  stdin?: string;
  env?: Readonly<Record<string, string>>;
  /** Milliseconds, after which the call is killed. */
  timeout?: number;
  /** Words before the program: `setpriv …`. */
  prefix?: readonly string[];
}

/** Fresh directories beneath the system's temporary one. `dispose` removes them. */
export function temporaryRoots(): Roots & Disposable {
  const directory = mkdtempSync(join(tmpdir(), "gantry-e2e-"));
  return {
    dataRoot: join(directory, "data"),
    execRoot: join(directory, "run"),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Calls the checkout's `docker` for one engine. */
export function docker(roots: Roots, args: readonly string[], options: CallOptions = {}): Promise<CallResult> {
  const program = join(checkout, "bin/docker");
  const places = ["--data-root", roots.dataRoot, "--exec-root", roots.execRoot];
  return call([...(options.prefix ?? []), program, ...places, ...args], options);
}

/** Removes what a failed test may have left, so that the next one starts clean. */
export async function removeContainers(roots: Roots): Promise<void> {
  const { stdout } = await docker(roots, ["ps", "-aq"]);
  if (stdout !== "") await docker(roots, ["rm", "-f", ...stdout.trim().split("\n")]);
}

function call(
  command: readonly string[],
  { stdin = "", env = {}, timeout = 110_000 }: CallOptions,
): Promise<CallResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), {
      env: { ...process.env, ...env },
      timeout,
      killSignal: "SIGKILL",
    });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    child.stdout.on("data", (chunk: Buffer) => output.stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.stderr.push(chunk));
    // A program that ends without reading its input is no failure of the test.
    child.stdin.on("error", () => {});
    child.stdin.end(stdin);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const text = (stream: "stdout" | "stderr") => Buffer.concat(output[stream]).toString();
      resolve({ status: code ?? (signal === "SIGKILL" ? 137 : 255), stdout: text("stdout"), stderr: text("stderr") });
    });
  });
}

/** The lines of an error message, without those that say where help is found or what is tried. */
export function errorLines(stderr: string): string[] {
  return stderr
    .split("\n")
    .filter((line) => line !== "" && !/^((See|Run) 'docker|Unable to find image .* locally)/.test(line));
}
