import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

import type { LimitGroup, ResourceLimiter, ResourceLimits } from "@gantry/core";

import type { Bench } from "../bench.ts";
import { type Check, skipUnless } from "../contract.ts";

export type LimiterBench = Bench<ResourceLimiter>;
export type LimiterCheck = Check<ResourceLimiter>;

/** Makes a group that is emptied and removed after the check. */
export async function makeGroup(bench: LimiterBench, id: string, limits: ResourceLimits = {}): Promise<LimitGroup> {
  const group = await bench.subject.create(id, limits);
  removeAfterwards(bench, group);
  return group;
}

export function removeAfterwards(bench: LimiterBench, group: LimitGroup): void {
  bench.defer(async () => {
    if (await bench.subject.load(group.id).catch(() => undefined)) {
      await group.killAll();
      await group.remove();
    }
  });
}

/** A shell that enters the group by its join paths, before it runs the script. */
export interface RunningScript {
  readonly pid: number;
  /** What it has written so far. */
  output(): string;
  /** Its exit code, or the signal's name. */
  ended: Promise<number | NodeJS.Signals>;
}

const join = 'for path in "$@"; do echo 0 > "$path" || exit 97; done; eval "$SCRIPT"';

/** Runs a script of sh(1) outside of any group, or in one; it is killed after the check. */
export async function runScript(bench: LimiterBench, script: string, group?: LimitGroup): Promise<RunningScript> {
  const child = spawn("sh", ["-c", join, "sh", ...(group?.joinPaths ?? [])], {
    env: { ...process.env, SCRIPT: script },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child, "spawn");
  bench.defer(() => reap(child));
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  return { pid: child.pid!, output: () => output, ended };
}

async function reap(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  // A stopped or frozen process dies only when it runs again.
  child.kill("SIGCONT");
  await once(child, "exit");
}

export async function sleeper(bench: LimiterBench): Promise<number> {
  return (await runScript(bench, "exec sleep 60")).pid;
}

/** Waits until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 4000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `after 4 seconds still not: ${what}`);
    await delay(10);
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Leaves a check about limits that this limiter does not offer. */
export function skipUnlessLimits(bench: LimiterBench, ...fields: readonly (keyof ResourceLimits)[]): void {
  const missing = fields.find((field) => !bench.subject.features.limits.includes(field));
  skipUnless(missing === undefined, `the limiter cannot limit ${missing}`);
}
