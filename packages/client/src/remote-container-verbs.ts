import { type CallOptions, EngineError, type TreeChange } from "@gantry/core";
import type {
  CommitOptions,
  ContainerStats,
  ContainerUpdate,
  ContainerVerbs,
  Filters,
  PathStat,
  ProcessTable,
  StatsOptions,
  StopOptions,
  WritePathOptions,
} from "@gantry/engine";

import { splitReference } from "./image-reference.ts";
import { type StatsJson, containerStats } from "./shapes/container-stats.ts";
import { configRequest, updateRequest } from "./shapes/create-request.ts";
import type { ApiClient } from "./wire/api-client.ts";
import { drain, readLines } from "./wire/bodies.ts";
import { type QueryParameters, filterParameter, namePart } from "./wire/query-string.ts";

const changeKinds = ["modified", "added", "deleted"] as const;

/** The verbs of containers beyond their life cycle. */
export class RemoteContainerVerbs implements ContainerVerbs {
  protected readonly api: ApiClient;

  constructor(api: ApiClient) {
    this.api = api;
  }

  async restart(reference: string, { signal, timeout }: StopOptions = {}, call?: CallOptions): Promise<void> {
    await this.act(reference, "restart", { signal, t: timeout }, call);
  }

  async rename(reference: string, name: string, call?: CallOptions): Promise<void> {
    await this.act(reference, "rename", { name }, call);
  }

  async update(reference: string, changes: ContainerUpdate, call?: CallOptions) {
    const path = `${this.path(reference)}/update`;
    const request = { method: "POST", path, json: updateRequest(changes) } as const;
    const updated = await this.api.json<{ Warnings?: readonly string[] | null } | undefined>(request, call);
    return { warnings: updated?.Warnings ?? [] };
  }

  async top(reference: string, psArguments?: string, call?: CallOptions): Promise<ProcessTable> {
    const path = `${this.path(reference)}/top`;
    const table = await this.api.json<{ Titles: readonly string[]; Processes: readonly (readonly string[])[] | null }>(
      { method: "GET", path, query: { ps_args: psArguments } },
      call,
    );
    return { titles: table.Titles, processes: table.Processes ?? [] };
  }

  async *stats(reference: string, options: StatsOptions = {}): AsyncGenerator<ContainerStats> {
    const { stream = false, oneShot } = options;
    const query = { stream: stream ? "1" : "0", "one-shot": oneShot };
    const response = await this.api.send({ method: "GET", path: `${this.path(reference)}/stats`, query }, options);
    for await (const line of readLines(response.body)) {
      yield containerStats(JSON.parse(line) as StatsJson, reference);
    }
  }

  async *changes(reference: string, call?: CallOptions): AsyncGenerator<TreeChange> {
    const request = { method: "GET", path: `${this.path(reference)}/changes` } as const;
    const changes = await this.api.json<readonly { Path: string; Kind: number }[] | null>(request, call);
    for (const { Path, Kind } of changes ?? []) yield { path: Path, kind: changeKinds[Kind] ?? "modified" };
  }

  async *export(reference: string, call?: CallOptions): AsyncGenerator<Uint8Array> {
    yield* (await this.api.send({ method: "GET", path: `${this.path(reference)}/export` }, call)).body;
  }

  async statPath(reference: string, path: string, call?: CallOptions): Promise<PathStat> {
    const response = await this.api.send(
      { method: "HEAD", path: `${this.path(reference)}/archive`, query: { path } },
      call,
    );
    await drain(response.body);
    return pathStat(response.headers);
  }

  async readPath(reference: string, path: string, call?: CallOptions) {
    const response = await this.api.send(
      { method: "GET", path: `${this.path(reference)}/archive`, query: { path } },
      call,
    );
    return { stat: pathStat(response.headers), archive: response.body };
  }

  async writePath(
    reference: string,
    path: string,
    archive: AsyncIterable<Uint8Array>,
    options: WritePathOptions = {},
  ): Promise<void> {
    const { noOverwriteDirNonDir, keepOwners } = options;
    const query = { path, noOverwriteDirNonDir, copyUIDGID: keepOwners };
    const headers = { "content-type": "application/x-tar" };
    const target = `${this.path(reference)}/archive`;
    await this.api.run({ method: "PUT", path: target, query, headers, body: archive }, options);
  }

  async commit(reference: string, options: CommitOptions = {}): Promise<{ id: string }> {
    const { repository, tag } = splitReference(options.reference);
    const { author, message: comment, changes, pause = true, config } = options;
    const query = { container: reference, repo: repository, tag, comment, author, pause: pause ? "1" : "0", changes };
    const json = configRequest(config ?? {});
    const committed = await this.api.json<{ Id: string }>({ method: "POST", path: "/commit", query, json }, options);
    return { id: committed.Id };
  }

  async prune(filters?: Filters, call?: CallOptions) {
    const query = { filters: filterParameter(filters) };
    const pruned = await this.api.json<{ ContainersDeleted?: readonly string[] | null; SpaceReclaimed?: number }>(
      { method: "POST", path: "/containers/prune", query },
      call,
    );
    return { deleted: pruned.ContainersDeleted ?? [], reclaimedBytes: pruned.SpaceReclaimed ?? 0 };
  }

  protected path(reference: string): string {
    return `/containers/${namePart(reference)}`;
  }

  protected act(reference: string, verb: string, query: QueryParameters, call?: CallOptions): Promise<void> {
    return this.api.run({ method: "POST", path: `${this.path(reference)}/${verb}`, query }, call);
  }
}

function pathStat(headers: Readonly<Record<string, string>>): PathStat {
  const encoded = headers["x-docker-container-path-stat"];
  if (encoded === undefined) throw new EngineError("internal", "the engine did not tell what the path is");
  return JSON.parse(Buffer.from(encoded, "base64").toString()) as PathStat;
}
