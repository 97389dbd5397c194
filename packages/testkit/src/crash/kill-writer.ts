import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { extname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import type { Bench } from "../bench.ts";
import { skipUnless } from "../contract.ts";

/** Rounds that the writer must have had answered before it is killed. */
const rounds = 12;

/**
 * Stops the bench's kernel, lets another process write by the same plugins on the same directory, kills it in the middle, and
 * starts a kernel again.
 * @returns the last round that had been answered
 */
export async function killWriter(bench: Bench<unknown>, contract: string): Promise<number> {
  const { crash } = bench.options;
  skipUnless(crash !== undefined, "no crash module is given");
  await bench.stop();
  // As published it lies beside this file with the ending that this file has.
  const program = fileURLToPath(new URL("./crash-child.ts", import.meta.url)).replace(
    /\.ts$/,
    extname(import.meta.url),
  );
  const child = spawn(process.execPath, [program, crash.href, contract, bench.directory], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  bench.defer(() => reap(child));
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  while (lastRound(output.stdout) < rounds) {
    if (child.exitCode !== null) throw new Error(`the writer ended by itself: ${output.stderr.slice(-2000)}`);
    await delay(1);
  }
  // Somewhere within a round.
  await delay(Math.random() * 10);
  await reap(child);
  await bench.start();
  return lastRound(output.stdout);
}

/** Of whole lines only. */
function lastRound(output: string): number {
  return Number(output.split("\n").at(-2) ?? 0);
}

async function reap(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "close");
}
