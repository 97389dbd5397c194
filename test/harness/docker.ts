import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type ProgramOptions, runProgram } from "./program.ts";

export const checkout = join(import.meta.dirname, "../..");

/** The two directories of one engine. */
export interface Roots {
  dataRoot: string;
  execRoot: string;
}

/** What a call of a program came to. */
export interface CallResult {
  status: number;
  stdout: string;
  stderr: string;
}

export interface CallOptions extends ProgramOptions {
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
export async function docker(roots: Roots, args: readonly string[], options: CallOptions = {}): Promise<CallResult> {
  const program = join(checkout, "bin/docker");
  const places = ["--data-root", roots.dataRoot, "--exec-root", roots.execRoot];
  const command = [...(options.prefix ?? []), program, ...places, ...args];
  const { status, stdout, stderr } = await runProgram(command, options);
  return { status, stdout, stderr };
}

/** Removes what a failed test may have left, so that the next one starts clean. */
export async function removeContainers(roots: Roots): Promise<void> {
  const { stdout } = await docker(roots, ["ps", "-aq"]);
  if (stdout !== "") await docker(roots, ["rm", "-f", ...stdout.trim().split("\n")]);
}

/** The lines of an error message, without those that say where help is found or what is tried. */
export function errorLines(stderr: string): string[] {
  return stderr
    .split("\n")
    .filter((line) => line !== "" && !/^((See|Run) 'docker|Unable to find image .* locally)/.test(line));
}
