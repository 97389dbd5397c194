import { randomBytes } from "node:crypto";

import { messageOf } from "@gantry/core";
import type { IsolatedContainer, IsolatedProcess } from "@gantry/core";

import type { ContainerRecord } from "../containers/container-record.ts";
import type { ContainerEvents } from "../events/container-events.ts";
import type { ExecLauncher } from "../execs/exec-launcher.ts";
import { probePrefix } from "../execs/probe-id.ts";
import type { HealthState } from "../face/container-verbs.ts";
import { now, timestamp } from "../timestamps.ts";

/** Bytes. */
const maximumOutput = 4096;
const recordLimit = 1024 * 1024;

export type ProbeResult = HealthState["log"][number];

/** Runs the command that tells whether a container is well. */
export class HealthProbe {
  readonly #launcher: ExecLauncher;
  readonly #events: ContainerEvents;

  constructor(launcher: ExecLauncher, events: ContainerEvents) {
    this.#launcher = launcher;
    this.#events = events;
  }

  /**
   * @param timeout milliseconds, after which the command is killed and has failed
   * A command that cannot be run has failed as well. Rejects only with the signal's reason.
   */
  async run(
    container: ContainerRecord,
    isolated: IsolatedContainer,
    command: readonly string[],
    timeout: number,
    signal: AbortSignal,
  ): Promise<ProbeResult> {
    const id = probePrefix + randomBytes(16).toString("hex");
    const start = timestamp(now());
    const result = (exitCode: number, output: string): ProbeResult => ({
      start,
      end: timestamp(now()),
      exitCode,
      output,
    });
    this.#events.emit(container, `exec_create: ${command.join(" ")}`, { execID: id });
    let process: IsolatedProcess | undefined;
    try {
      const options = { signal, outputLimit: recordLimit };
      process = await this.#launcher.prepare(container, isolated, { command, id }, options);
      this.#events.emit(container, `exec_start: ${command.join(" ")}`, { execID: id });
      await process.start({ signal });
      const code = await exitWithin(process, timeout, signal);
      if (code === undefined) return result(-1, `Health check exceeded timeout (${timeout / 1000}s)`);
      this.#events.emit(container, "exec_die", { execID: id, exitCode: String(code) });
      return result(code, await firstOutput(process));
    } catch (thrown) {
      signal.throwIfAborted();
      return result(-1, messageOf(thrown));
    } finally {
      await process?.delete();
    }
  }
}

/** The exit code, or `undefined` when the time was up. */
async function exitWithin(process: IsolatedProcess, timeout: number, signal: AbortSignal): Promise<number | undefined> {
  // Not AbortSignal.timeout: below AbortSignal.any it may be collected before its time (nodejs/node#57736).
  const expired = new AbortController();
  const timer = setTimeout(() => expired.abort(), timeout);
  try {
    return (await process.wait({ signal: AbortSignal.any([signal, expired.signal]) })).code;
  } catch (thrown) {
    if (expired.signal.aborted && !signal.aborted) return undefined;
    throw thrown;
  } finally {
    clearTimeout(timer);
  }
}

/** What the process has written, up to a bound. */
async function firstOutput(process: IsolatedProcess): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const { data } of process.output()) {
    chunks.push(data);
    size += data.length;
    if (size > maximumOutput) break;
  }
  const output = Buffer.concat(chunks);
  return output.length > maximumOutput ? `${output.subarray(0, maximumOutput).toString()}...` : output.toString();
}
