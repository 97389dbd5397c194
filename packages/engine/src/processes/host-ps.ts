import { execFile } from "node:child_process";

import { EngineError } from "@gantry/core";
import type { CallOptions } from "@gantry/core";

import { invalidArgument } from "../engine-errors.ts";
import type { ProcessTable } from "../face/container-verbs.ts";

const maximumOutput = 64 * 1024 * 1024;

/**
 * Runs the host's ps(1) with arguments of the user and keeps the lines of some processes.
 * Errors: `unavailable` when there is no ps; `invalid-argument` when it refuses, or shows no column PID.
 */
export async function hostPs(
  psArguments: string,
  pids: readonly number[],
  { signal }: CallOptions = {},
): Promise<ProcessTable> {
  const words = psArguments.split(/\s+/).filter(Boolean);
  return selectProcesses(await runPs(words, signal), pids);
}

function runPs(words: readonly string[], signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("ps", words, { maxBuffer: maximumOutput, ...(signal && { signal }) }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else if (signal?.aborted) reject(signal.reason as Error);
      else if (error.code === "ENOENT") {
        reject(new EngineError("unavailable", "cannot list processes: this host has no ps; leave out the ps options"));
      } else reject(invalidArgument(`ps: ${stderr.trim().split("\n")[0] || error.message}`, { field: "ps_args" }));
    });
  });
}

/** The lines of a ps listing that are about some processes, in columns; what is left over belongs to the last. */
export function selectProcesses(listing: string, pids: readonly number[]): ProcessTable {
  const [heading = "", ...lines] = listing.split("\n");
  const titles = heading.split(/\s+/).filter(Boolean);
  const pidColumn = titles.indexOf("PID");
  if (pidColumn < 0) throw invalidArgument("Couldn't find PID field in ps output", { field: "ps_args" });
  const wanted = new Set(pids.map(String));
  const processes: (readonly string[])[] = [];
  let inside = false;
  for (const line of lines) {
    const words = line.split(/\s+/).filter(Boolean);
    const pid = words[pidColumn];
    // A thread's line has a dash for the process's number, and follows its process.
    if (pid !== "-") inside = pid !== undefined && wanted.has(pid);
    if (!inside) continue;
    processes.push([...words.slice(0, titles.length - 1), words.slice(titles.length - 1).join(" ")]);
  }
  return { titles, processes };
}
