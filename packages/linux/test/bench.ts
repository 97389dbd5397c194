import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { OutputChunk, OutputQuery } from "@gantry/core";

import { helperBinary } from "../src/helper-binary.ts";
import { HelperProcess } from "../src/helper-process.ts";
import type { Monitor, MonitorLocation } from "../src/helper.ts";
import type { LaunchProgram, Step } from "../src/step.ts";

execFileSync(process.execPath, [fileURLToPath(new URL("../scripts/build-helper.mjs", import.meta.url))]);

export const binary = helperBinary();

export const Clone = {
  mount: 0x2_0000,
  cgroup: 0x200_0000,
  uts: 0x400_0000,
  ipc: 0x800_0000,
  user: 0x1000_0000,
  pid: 0x2000_0000,
  network: 0x4000_0000,
} as const;

export const path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";

export function execute(...argv: string[]): Step {
  return { do: "execute", argv, env: [path] };
}

export function shell(script: string): Step {
  return execute("sh", "-c", script);
}

/** A program whose process has these steps and dies with its monitor. */
export function program(steps: readonly Step[], rest: Partial<LaunchProgram> = {}): LaunchProgram {
  return {
    cloneFlags: Clone.pid | Clone.mount,
    beforeClone: [],
    afterClone: [],
    process: [{ do: "death-signal", signal: 9 }, ...steps],
    openStdin: false,
    outputLimit: 100_000_000,
    ...rest,
  };
}

/** A helper and a directory; everything made through it is gone after `close`. */
export class Bench {
  readonly directory: string;
  readonly helper: HelperProcess;
  readonly #monitors: Monitor[] = [];

  private constructor(directory: string) {
    this.directory = directory;
    this.helper = new HelperProcess();
  }

  static async open(): Promise<Bench> {
    return new Bench(await mkdtemp(join(tmpdir(), "gantry-linux-")));
  }

  async location(name = "c"): Promise<MonitorLocation> {
    const directory = join(this.directory, name);
    await mkdir(directory, { recursive: true });
    return { socket: join(this.directory, `${name}.sock`), directory };
  }

  async monitor(name?: string): Promise<Monitor> {
    const monitor = await this.helper.monitor(await this.location(name));
    this.#monitors.push(monitor);
    return monitor;
  }

  async launch(launched: LaunchProgram, name?: string): Promise<Monitor> {
    const monitor = await this.monitor(name);
    await monitor.launch(launched);
    return monitor;
  }

  /** Runs a program to its end. */
  async finish(launched: LaunchProgram, name?: string) {
    const monitor = await this.launch(launched, name);
    const status = await monitor.wait();
    return { monitor, status, ...(await collect(monitor)) };
  }

  async close(): Promise<void> {
    for (const monitor of this.#monitors) {
      // Not before the exit record is written: it must not come into a directory that is being removed.
      await monitor
        .signal(9)
        .then(() => monitor.wait())
        .catch(() => {});
      monitor.disconnect();
    }
    await this.helper.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export async function collect(monitor: Monitor, query?: OutputQuery) {
  const chunks: OutputChunk[] = await Array.fromAsync(monitor.output(query));
  const bytes = (stream: string) =>
    Buffer.concat(chunks.filter((chunk) => chunk.stream === stream).map(({ data }) => data));
  return { chunks, stdout: bytes("stdout"), stderr: bytes("stderr") };
}

/** Resolves when the output holds the text; rejects when it ends without. */
export async function outputHolds(monitor: Monitor, text: string): Promise<void> {
  let seen = "";
  for await (const { data } of monitor.output({ follow: true })) {
    seen += Buffer.from(data).toString();
    if (seen.includes(text)) return;
  }
  throw new Error(`the output ended without ${JSON.stringify(text)}: ${JSON.stringify(seen)}`);
}

export async function until(condition: () => boolean | Promise<boolean>, milliseconds = 5000): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not so after ${milliseconds} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function isRunning(pid: number): boolean {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
