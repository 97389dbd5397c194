import type { CallOptions, ConsoleSize } from "@gantry/core";
import type { Attachment, CreateExec, ExecState, Execs, StartExec } from "@gantry/engine";

import { detached } from "./remote-attachment.ts";
import { defined } from "./shapes/defined.ts";
import { attachmentOf, streamKind } from "./stream-kind.ts";
import type { ApiClient } from "./wire/api-client.ts";
import { namePart } from "./wire/query-string.ts";

interface ExecJson {
  ID: string;
  ContainerID?: string;
  Running?: boolean;
  ExitCode?: number | null;
  Pid?: number;
  OpenStdin?: boolean;
  OpenStdout?: boolean;
  OpenStderr?: boolean;
  ProcessConfig?: {
    entrypoint?: string;
    arguments?: readonly string[] | null;
    tty?: boolean;
    user?: string;
    privileged?: boolean;
  };
}

/** Further processes in the containers of an engine behind the API. */
export class RemoteExecs implements Execs {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async create(container: string, options: CreateExec, call?: CallOptions): Promise<{ id: string }> {
    const path = `/containers/${namePart(container)}/exec`;
    const created = await this.#api.json<{ Id: string }>({ method: "POST", path, json: createRequest(options) }, call);
    return { id: created.Id };
  }

  async start(id: string, { detach = false, consoleSize }: StartExec = {}, call?: CallOptions): Promise<Attachment> {
    const { terminal = false } = await this.inspect(id, call);
    const json = {
      Detach: detach,
      Tty: terminal,
      ...(terminal && consoleSize ? { ConsoleSize: sizeOf(consoleSize) } : {}),
    };
    const request = { method: "POST", path: `${execPath(id)}/start`, json } as const;
    if (detach) {
      await this.#api.run(request, call);
      return detached;
    }
    const known = await streamKind(this.#api, async () => terminal);
    return attachmentOf(await this.#api.send({ ...request, upgrade: true }, call), known, call);
  }

  async inspect(id: string, call?: CallOptions): Promise<ExecState> {
    return execState(await this.#api.json<ExecJson>({ method: "GET", path: `${execPath(id)}/json` }, call));
  }

  async resize(id: string, { rows, columns }: ConsoleSize, call?: CallOptions): Promise<void> {
    await this.#api.run({ method: "POST", path: `${execPath(id)}/resize`, query: { h: rows, w: columns } }, call);
  }
}

function execPath(id: string): string {
  return `/exec/${namePart(id)}`;
}

function sizeOf({ rows, columns }: ConsoleSize): readonly number[] {
  return [rows, columns];
}

function createRequest(options: CreateExec): object {
  return defined({
    Cmd: options.command,
    Env: options.env,
    WorkingDir: options.workingDirectory,
    User: options.user,
    Tty: options.terminal,
    AttachStdin: options.openStdin,
    AttachStdout: options.attachStdout,
    AttachStderr: options.attachStderr,
    Privileged: options.privileged,
    DetachKeys: options.detachKeys,
    ConsoleSize: options.consoleSize === undefined ? undefined : sizeOf(options.consoleSize),
  });
}

function execState(json: ExecJson): ExecState {
  const { entrypoint, arguments: words, tty, user, privileged } = json.ProcessConfig ?? {};
  return {
    id: json.ID,
    containerId: json.ContainerID ?? "",
    command: [...(entrypoint === undefined ? [] : [entrypoint]), ...(words ?? [])],
    running: json.Running ?? false,
    pid: json.Pid ?? 0,
    ...defined({
      terminal: tty,
      user: user || undefined,
      privileged,
      openStdin: json.OpenStdin,
      attachStdout: json.OpenStdout,
      attachStderr: json.OpenStderr,
      exitCode: json.ExitCode ?? undefined,
    }),
  };
}
