import { spawn } from "node:child_process";

export interface ProgramOptions {
  stdin?: string | Uint8Array;
  /** Added to the environment of the tests. */
  env?: Readonly<Record<string, string>>;
  /** Milliseconds, after which it is killed. */
  timeout?: number;
}

/** What a call of a program came to, to the byte. */
export interface ProgramResult {
  /** 137 when it was killed for its time being over. */
  status: number;
  output: Buffer;
  /** The output as text. */
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. One that ends without reading its input is no failure. */
export function runProgram(
  command: readonly string[],
  { stdin = "", env = {}, timeout = 110_000 }: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), {
      env: { ...process.env, ...env },
      timeout,
      killSignal: "SIGKILL",
    });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    child.stdout.on("data", (chunk: Buffer) => output.stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.stderr.push(chunk));
    child.stdin.on("error", () => {});
    child.stdin.end(stdin);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const bytes = Buffer.concat(output.stdout);
      resolve({
        status: code ?? (signal === "SIGKILL" ? 137 : 255),
        output: bytes,
        stdout: bytes.toString(),
        stderr: Buffer.concat(output.stderr).toString(),
      });
    });
  });
}
