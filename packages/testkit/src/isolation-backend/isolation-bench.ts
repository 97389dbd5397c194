import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import {
  type CreateOptions,
  type ExitStatus,
  type IsolatedContainer,
  type IsolatedProcess,
  type IsolationBackend,
  type LimitGroup,
  type LoadOptions,
  type Mount,
  type MountSpec,
  type NamespaceType,
  type OutputChunk,
  type OutputQuery,
  type ProcessSpec,
  ResourceLimiter,
  type RuntimeSpec,
} from "@gantry/core";

import type { Bench } from "../bench.ts";
import type { Check, PluginContext } from "../contract.ts";
import { collect } from "../fixtures/collect.ts";

export interface IsolationSetup {
  /**
   * The root file system for the containers, with `sh` and the usual small programs in `/bin`: busybox with its links will
   * do. Containers may write there.
   */
  readonly rootfs: (context: PluginContext) => Promise<readonly Mount[]>;
}

export type IsolationBench = Bench<IsolationBackend, IsolationSetup>;
export type IsolationCheck = Check<IsolationBackend, IsolationSetup>;

/** What a check wants different from a plain container. */
export interface Wishes {
  readonly id?: string;
  readonly process?: Partial<ProcessSpec>;
  readonly spec?: Partial<RuntimeSpec>;
  readonly options?: Partial<CreateOptions>;
}

const none: readonly string[] = [];

/** A process as the checks run it: a script of sh(1), or a program with its arguments. */
export function processSpec(program: string | readonly string[], wishes: Partial<ProcessSpec> = {}): ProcessSpec {
  return {
    args: typeof program === "string" ? ["sh", "-c", program] : program,
    env: ["PATH=/bin:/usr/bin:/sbin:/usr/sbin"],
    cwd: "/",
    user: { uid: 0, gid: 0, additionalGids: [] },
    capabilities: { bounding: none, effective: none, permitted: none, inheritable: none, ambient: none },
    rlimits: [],
    noNewPrivileges: true,
    terminal: false,
    ...wishes,
  };
}

const mounts: readonly MountSpec[] = [
  { type: "proc", source: "proc", destination: "/proc", options: ["nosuid", "noexec", "nodev"] },
  { type: "tmpfs", source: "tmpfs", destination: "/dev", options: ["nosuid", "mode=755"] },
  { type: "devpts", source: "devpts", destination: "/dev/pts", options: ["newinstance", "ptmxmode=0666", "mode=0620"] },
];

const devices = [
  ["null", 1, 3],
  ["zero", 1, 5],
  ["tty", 5, 0],
] as const;

export async function runtimeSpec(
  bench: IsolationBench,
  program: string | readonly string[],
  wishes: Wishes = {},
): Promise<RuntimeSpec> {
  const wanted: readonly NamespaceType[] = ["mount", "pid", "ipc", "uts", "network"];
  return {
    process: processSpec(program, wishes.process),
    root: { mounts: await bench.options.rootfs({ dir: bench.pluginDirectory }), readonly: false },
    hostname: "contract",
    mounts,
    namespaces: wanted.filter((type) => bench.subject.features.namespaces.includes(type)).map((type) => ({ type })),
    devices: devices.map(([name, major, minor]) => {
      return { path: `/dev/${name}`, type: "character", major, minor, mode: 0o666, uid: 0, gid: 0 };
    }),
    sysctl: {},
    maskedPaths: [],
    readonlyPaths: [],
    annotations: {},
    ...wishes.spec,
  };
}

/** A fresh directory for a container's records, or the same again. */
export async function stateOf(bench: IsolationBench, name: string): Promise<LoadOptions> {
  const stateDirectory = join(bench.directory, "state", name);
  await mkdir(join(bench.directory, "state"), { recursive: true });
  const limits = await bench
    .find(ResourceLimiter)
    ?.load(name)
    .catch(() => undefined);
  return { stateDirectory, ...(limits === undefined ? {} : { limits }) };
}

/** Creates a container that is deleted after the check. Where a limiter is wired, it gets a group. */
export async function create(
  bench: IsolationBench,
  program: string | readonly string[],
  wishes: Wishes = {},
): Promise<IsolatedContainer> {
  const id = wishes.id ?? "c1";
  const group = await bench
    .find(ResourceLimiter)
    ?.create(id, {})
    .catch(() => undefined);
  if (group !== undefined) bench.defer(() => endGroup(group));
  const spec = await runtimeSpec(bench, program, wishes);
  const options = { ...(await stateOf(bench, id)), openStdin: false, ...wishes.options };
  bench.defer(() => deleteAgain(bench, id));
  return bench.subject.create(id, spec, options);
}

async function deleteAgain(bench: IsolationBench, id: string): Promise<void> {
  const left = await bench.subject.load(id, await stateOf(bench, id)).catch(() => undefined);
  await left?.delete();
}

async function endGroup(group: LimitGroup): Promise<void> {
  await group.killAll();
  await group.remove();
}

/** Creates and starts. */
export async function start(
  bench: IsolationBench,
  program: string | readonly string[],
  wishes: Wishes = {},
): Promise<IsolatedContainer> {
  const container = await create(bench, program, wishes);
  await container.start();
  return container;
}

export interface Finished {
  readonly exit: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs to the end. */
export async function run(
  bench: IsolationBench,
  program: string | readonly string[],
  wishes: Wishes = {},
): Promise<Finished> {
  return finish(await start(bench, program, wishes));
}

export async function finish(process: IsolatedProcess): Promise<Finished> {
  const exit = await process.wait();
  const chunks = await collect(process.output());
  return { exit, stdout: bytesOf(chunks, "stdout").toString(), stderr: bytesOf(chunks, "stderr").toString() };
}

export function bytesOf(chunks: readonly OutputChunk[], stream?: "stdout" | "stderr"): Buffer {
  return Buffer.concat(
    chunks.filter((chunk) => stream === undefined || chunk.stream === stream).map(({ data }) => data),
  );
}

export async function outputOf(process: IsolatedProcess, query?: OutputQuery): Promise<string> {
  return bytesOf(await collect(process.output(query))).toString();
}

/** Waits until the process has written a text. */
export async function untilOutput(process: IsolatedProcess, text: string): Promise<void> {
  let seen = "";
  for await (const { data } of process.output({ follow: true })) {
    seen += Buffer.from(data).toString();
    if (seen.includes(text)) return;
  }
  throw new Error(`the process ended without writing ${JSON.stringify(text)}: ${JSON.stringify(seen)}`);
}

/** Writes all of it to a process's standard input and closes that. */
export async function feed(process: IsolatedProcess, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length; start += 65_536)
    await process.writeStdin(bytes.subarray(start, start + 65_536));
  await process.closeStdin();
}

/** Waits until no process has one of the pids any more. */
export async function untilGone(pids: readonly number[]): Promise<readonly number[]> {
  const alive = (): number[] => pids.filter(isAlive);
  for (const deadline = Date.now() + 3000; Date.now() < deadline && alive().length > 0;) await delay(10);
  return alive();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A program that runs until it is told to end, and then says so. */
export const obedient = "trap 'echo told; exit 3' TERM; echo ready; while true; do sleep 0.05; done";
