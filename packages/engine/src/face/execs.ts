import type { CallOptions, ConsoleSize } from "@gantry/core";

import type { Attachment } from "../engine.ts";

/** Further processes in running containers. An exec is kept until its container is removed or the engine restarts. */
export interface Execs {
  /** `conflict` when the container does not run or is paused. @returns the exec's id: 64 hexadecimal digits */
  create(container: string, options: CreateExec, call?: CallOptions): Promise<{ id: string }>;
  /**
   * Starts the process; its streams from its first byte on. `conflict` when it was started before; failures as those of
   * a container's start. Detached execs go on without a reader.
   */
  start(id: string, options?: StartExec, call?: CallOptions): Promise<Attachment>;
  inspect(id: string, call?: CallOptions): Promise<ExecState>;
  resize(id: string, size: ConsoleSize, call?: CallOptions): Promise<void>;
}

export interface CreateExec {
  command: readonly string[];
  env?: readonly string[];
  workingDirectory?: string;
  user?: string;
  terminal?: boolean;
  openStdin?: boolean;
  privileged?: boolean;
  /** Which streams the creator means to read; kept for inspect. */
  attachStdout?: boolean;
  attachStderr?: boolean;
  detachKeys?: string;
  consoleSize?: ConsoleSize;
}

export interface StartExec {
  detach?: boolean;
  consoleSize?: ConsoleSize;
}

export interface ExecState extends CreateExec {
  id: string;
  containerId: string;
  running: boolean;
  /** Absent while it runs or was not started. */
  exitCode?: number;
  /** 0 when it does not run. */
  pid: number;
}
