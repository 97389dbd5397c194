import type { CreateExec, ExecState } from "@gantry/engine";

import type { JsonFields } from "../http/json-fields.ts";
import { defined } from "./defined.ts";

export function readCreateExec(fields: JsonFields): CreateExec {
  return {
    command: fields.words("Cmd") ?? [],
    ...defined({
      env: fields.strings("Env"),
      workingDirectory: fields.string("WorkingDir"),
      user: fields.string("User"),
      terminal: fields.boolean("Tty"),
      openStdin: fields.boolean("AttachStdin"),
      privileged: fields.boolean("Privileged"),
      attachStdout: fields.boolean("AttachStdout"),
      attachStderr: fields.boolean("AttachStderr"),
      detachKeys: fields.string("DetachKeys"),
      consoleSize: readConsoleSize(fields),
    }),
  };
}

/** `[height, width]`; zeros stand for none. */
export function readConsoleSize(fields: JsonFields): { rows: number; columns: number } | undefined {
  const [rows = 0, columns = 0] = fields.integers("ConsoleSize") ?? [];
  return rows > 0 && columns > 0 ? { rows, columns } : undefined;
}

/** An exec as `GET /exec/{id}/json` shows it. */
export function showExec(exec: ExecState): object {
  const [entrypoint = "", ...args] = exec.command;
  return {
    ID: exec.id,
    Running: exec.running,
    ExitCode: exec.exitCode ?? null,
    ProcessConfig: {
      tty: exec.terminal ?? false,
      entrypoint,
      arguments: args,
      privileged: exec.privileged ?? false,
      ...(exec.user ? { user: exec.user } : {}),
    },
    OpenStdin: exec.openStdin ?? false,
    OpenStderr: exec.attachStderr ?? false,
    OpenStdout: exec.attachStdout ?? false,
    CanRemove: false,
    ContainerID: exec.containerId,
    DetachKeys: exec.detachKeys ?? "",
    Pid: exec.pid,
  };
}
