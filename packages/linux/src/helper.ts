import { token } from "@gantry/core";
import type { CallOptions, ConsoleSize, ExitStatus, OutputChunk, OutputPosition, OutputQuery } from "@gantry/core";

import type { LaunchProgram, Step } from "./step.ts";

/**
 * The native helper of this engine process: a zygote that forks monitors and runs steps on the host without the price of
 * a spawn. It ends with the engine; its monitors do not.
 */
export interface Helper {
  /**
   * Forks a monitor that listens on `socket` and keeps its records in `directory` (both absolute; the directory exists).
   * It ends by itself when nothing is launched through the returned connection before that closes.
   */
  monitor(options: MonitorLocation): Promise<Monitor>;
  /** Connects to a monitor that an earlier engine left; `undefined` when it is gone. */
  reconnect(options: MonitorLocation): Promise<Monitor | undefined>;
  /** Runs steps in a short-lived process with the host's namespaces. Rejects with `StepError`. */
  run(steps: readonly Step[], options?: CallOptions): Promise<void>;
}
export const Helper = token<Helper>("linux/Helper");

export interface MonitorLocation {
  /** Of any length, but its last component has 80 bytes at most. */
  socket: string;
  /** Holds the output record (`output.N`), the exit record (`exit`) and the launch record (`launch`). */
  directory: string;
}

/** A connection to the monitor of one process. Many clients may be connected at once. */
export interface Monitor {
  readonly pid: number | undefined;
  /** Clones the process and runs its program up to the barrier. Rejects with `StepError`. */
  launch(program: LaunchProgram, options?: CallOptions): Promise<number>;
  /** Passes the barrier; resolves when the program is executed. Rejects with `StepError`; the process is then gone. */
  start(options?: CallOptions): Promise<void>;
  started(): Promise<boolean>;
  signal(signal: number): Promise<void>;
  resize(size: ConsoleSize): Promise<void>;
  writeStdin(data: Uint8Array): Promise<void>;
  closeStdin(): Promise<void>;
  /** Resolves after the exit record is on disk. */
  wait(options?: CallOptions): Promise<ExitStatus>;
  output(query?: OutputQuery): AsyncIterable<OutputChunk>;
  outputEnd(): Promise<OutputPosition>;
  releaseOutput(before: OutputPosition): Promise<void>;
  /** Resolves when the connection has ended. When the monitor ended it, nothing that its process had mounted is left. */
  gone(): Promise<void>;
  /** Closes this connection; the monitor stays while its process lives. */
  disconnect(): void;
}
