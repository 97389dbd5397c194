import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { EngineError } from "@gantry/core";

export interface ProgramOptions {
  signal?: AbortSignal | undefined;
  directory?: string;
  /** Told each line that the program writes on stderr. */
  onLine?: (line: string) => void;
  /** Told each piece of its stdout, instead of collecting it. The next piece is read when the promise resolves. */
  onOutput?: (chunk: Uint8Array) => Promise<void>;
}

const keptLines = 20;
/** Bytes of output that are collected at most. */
const outputLimit = 8 << 20;

/**
 * Runs a program to its end. It dies with this process, and at an abort it is killed before the call rejects.
 * @returns its output, where no `onOutput` takes it
 * Errors: `unavailable` when it is not installed, fails, or is killed, with the last line that it wrote.
 */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const { signal, directory, onLine, onOutput } = options;
  signal?.throwIfAborted();
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", ...argv], {
    cwd: directory,
    env: { ...process.env, LC_ALL: "C.UTF-8", DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = (): boolean => child.kill("SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  try {
    const exited = new Promise<{ code: number | null; cause?: unknown }>((resolve) => {
      child.once("error", (cause) => resolve({ code: null, cause }));
      child.once("close", (code) => resolve({ code }));
    });
    const lines = collectLines(child.stderr, onLine);
    const output = await collectOutput(child.stdout, onOutput).catch((error: unknown) => {
      kill();
      return error as Error;
    });
    const { code, cause } = await exited;
    signal?.throwIfAborted();
    if (output instanceof Error) throw output;
    if (code !== 0) throw failure(argv, await lines, code, cause);
    return output;
  } finally {
    signal?.removeEventListener("abort", kill);
  }
}

async function collectLines(stream: NodeJS.ReadableStream, onLine?: (line: string) => void): Promise<string[]> {
  const kept: string[] = [];
  for await (const line of createInterface({ input: stream })) {
    onLine?.(line);
    kept.push(line);
    if (kept.length > keptLines) kept.shift();
  }
  return kept;
}

async function collectOutput(
  stream: AsyncIterable<Uint8Array>,
  onOutput?: (chunk: Uint8Array) => Promise<void>,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    if (onOutput !== undefined) await onOutput(chunk);
    else {
      size += chunk.length;
      if (size > outputLimit) throw new EngineError("internal", "a program wrote more than was expected of it");
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks).toString();
}

function failure(argv: readonly string[], lines: readonly string[], code: number | null, cause: unknown): EngineError {
  const program = argv.findLast((word) => programs.has(word)) ?? argv[0]!;
  const said = lines.findLast((line) => /^E:|error|fail|cannot|not found/i.test(line)) ?? lines.at(-1) ?? "";
  const how = code === null ? "was killed or could not be started" : `failed with status ${code}`;
  return new EngineError("unavailable", `${program} ${how}: ${said.trim()}`, { cause, details: { program } });
}

/** Those that are run by way of another one. */
const programs = new Set(["mmdebstrap", "debootstrap"]);
