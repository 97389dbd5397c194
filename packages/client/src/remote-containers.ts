import type { CallOptions, ConsoleSize, LogEntry } from "@gantry/core";
import type {
  AttachOptions,
  Attachment,
  ContainerRecord,
  ContainerSummary,
  Containers,
  CreateContainer,
  ListOptions,
  LogsQuery,
  RemoveOptions,
  StopOptions,
  WaitCondition,
  WaitResult,
} from "@gantry/engine";

import { RemoteContainerVerbs } from "./remote-container-verbs.ts";
import type { ContainerJson, ContainerListJson } from "./shapes/container-json.ts";
import { containerRecord, containerSummary } from "./shapes/container-record.ts";
import { createRequest } from "./shapes/create-request.ts";
import { attachmentOf, isTerminal, streamKind } from "./stream-kind.ts";
import { readJson } from "./wire/api-client.ts";
import { decodeFrames, plainOutput } from "./wire/frame-decoder.ts";
import { filterParameter, timeParameter } from "./wire/query-string.ts";
import { readStamps } from "./wire/stamp-reader.ts";

/** The containers of an engine behind the API. */
export class RemoteContainers extends RemoteContainerVerbs implements Containers {
  async create({ name, ...options }: CreateContainer, call?: CallOptions) {
    const request = {
      method: "POST",
      path: "/containers/create",
      query: { name },
      json: createRequest(options),
    } as const;
    const created = await this.api.json<{ Id: string; Warnings?: readonly string[] | null }>(request, call);
    return { id: created.Id, warnings: created.Warnings ?? [] };
  }

  async start(reference: string, call?: CallOptions): Promise<void> {
    await this.act(reference, "start", {}, call);
  }

  async stop(reference: string, { signal, timeout }: StopOptions = {}, call?: CallOptions): Promise<void> {
    await this.act(reference, "stop", { signal, t: timeout }, call);
  }

  async kill(reference: string, signal?: string, call?: CallOptions): Promise<void> {
    await this.act(reference, "kill", { signal }, call);
  }

  async pause(reference: string, call?: CallOptions): Promise<void> {
    await this.act(reference, "pause", {}, call);
  }

  async unpause(reference: string, call?: CallOptions): Promise<void> {
    await this.act(reference, "unpause", {}, call);
  }

  /** The server begins to wait before a later call of this engine is sent. */
  async wait(reference: string, condition: WaitCondition = "not-running", call?: CallOptions): Promise<WaitResult> {
    const path = `${this.path(reference)}/wait`;
    const response = await this.api.begin({ method: "POST", path, query: { condition } }, call);
    const { StatusCode, Error } = await readJson<{ StatusCode: number; Error?: { Message?: string } | null }>(response);
    return { exitCode: StatusCode, ...(Error?.Message ? { error: Error.Message } : {}) };
  }

  async remove(reference: string, { force, volumes }: RemoveOptions = {}, call?: CallOptions): Promise<void> {
    await this.api.run({ method: "DELETE", path: this.path(reference), query: { force, v: volumes } }, call);
  }

  async list({ all, limit, filters }: ListOptions = {}, call?: CallOptions): Promise<readonly ContainerSummary[]> {
    const query = { all, limit, filters: filterParameter(filters) };
    const list = await this.api.json<ContainerListJson[]>({ method: "GET", path: "/containers/json", query }, call);
    return list.map(containerSummary);
  }

  async inspect(reference: string, call?: CallOptions): Promise<ContainerRecord> {
    return containerRecord(await this.#inspect(reference, call));
  }

  async *logs(reference: string, query: LogsQuery = {}): AsyncGenerator<LogEntry> {
    const { stdout = true, stderr = true, follow, since, until, tail, untimed, signal } = query;
    const call = signal === undefined ? {} : { signal };
    const known = await streamKind(this.api, () => this.#hasTerminal(reference, call));
    const times = { since: timeParameter(since), until: timeParameter(until) };
    const response = await this.api.send(
      {
        method: "GET",
        path: `${this.path(reference)}/logs`,
        query: { stdout, stderr, follow, timestamps: untimed !== true, tail: tail ?? "all", ...times },
      },
      call,
    );
    const pieces = isTerminal(response, known) ? plainOutput(response.body) : decodeFrames(response.body);
    if (untimed !== true) return yield* readStamps(pieces);
    for await (const { stream, data } of pieces) yield { stream, data, time: 0n };
  }

  async attach(reference: string, options: AttachOptions = {}, call?: CallOptions): Promise<Attachment> {
    const { replay, stdin = true, detachKeys } = options;
    const known = await streamKind(this.api, () => this.#hasTerminal(reference, call));
    const query = { stream: true, stdin, stdout: true, stderr: true, logs: replay, detachKeys };
    const path = `${this.path(reference)}/attach`;
    return attachmentOf(await this.api.send({ method: "POST", path, query, upgrade: true }, call), known, call);
  }

  async resize(reference: string, { rows, columns }: ConsoleSize, call?: CallOptions): Promise<void> {
    await this.act(reference, "resize", { h: rows, w: columns }, call);
  }

  #inspect(reference: string, call?: CallOptions): Promise<ContainerJson> {
    return this.api.json({ method: "GET", path: `${this.path(reference)}/json` }, call);
  }

  async #hasTerminal(reference: string, call?: CallOptions): Promise<boolean> {
    return (await this.#inspect(reference, call)).Config?.Tty ?? false;
  }
}
