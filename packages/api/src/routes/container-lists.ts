import { isEngineError } from "@gantry/core";
import type { ContainerRecord } from "@gantry/engine";

import { json } from "../http/answers.ts";
import { type ApiCall, type ApiHandler, parameter } from "../http/api-call.ts";
import type { Route } from "../http/router.ts";
import {
  type ContainerSize,
  type ContainerViewContext,
  listContainer,
  showContainer,
} from "../shapes/container-view.ts";

/** What a view of containers takes from elsewhere. Volumes are asked for only where a container has one. */
export async function viewContext(
  { engine, facts, version, request: { signal } }: ApiCall,
  containers: readonly ContainerRecord[],
): Promise<ContainerViewContext> {
  const haveVolumes = containers.some(({ mounts }) => mounts.some(({ type }) => type === "volume"));
  const volumes = haveVolumes ? await engine.volumes.list({}, { signal }) : [];
  const mountpoints = new Map(volumes.map(({ name, mountpoint }) => [name, mountpoint]));
  return { facts, info: await engine.info({ signal }), version, mountpoints };
}

/** Those that are gone by the time they are looked at are left out. */
export async function recordsOf({ engine }: ApiCall, ids: readonly string[]): Promise<readonly ContainerRecord[]> {
  const records: ContainerRecord[] = [];
  for (const id of ids) {
    try {
      records.push(await engine.containers.inspect(id));
    } catch (thrown) {
      if (!isEngineError(thrown, "not-found")) throw thrown;
    }
  }
  return records;
}

const list: ApiHandler = async (call) => {
  const { engine, query, request } = call;
  const limit = query.integer("limit") ?? 0;
  const options = {
    all: query.boolean("all"),
    filters: query.filters(),
    ...(limit > 0 ? { limit } : {}),
  };
  const summaries = await engine.containers.list(options, { signal: request.signal });
  const records = await recordsOf(
    call,
    summaries.map(({ id }) => id),
  );
  const context = await viewContext(call, records);
  const sizes = query.boolean("size") ? await sizesOf(call) : undefined;
  const now = Date.now();
  return json(records.map((record) => listContainer(record, context, now, sizes?.get(record.id))));
};

const inspect: ApiHandler = async (call) => {
  const { engine, query, request } = call;
  const container = await engine.containers.inspect(parameter(call, "id"), { signal: request.signal });
  const size = query.boolean("size") ? (await sizesOf(call)).get(container.id) : undefined;
  return json(showContainer(container, await viewContext(call, [container]), size));
};

async function sizesOf({ engine, request: { signal } }: ApiCall): Promise<ReadonlyMap<string, ContainerSize>> {
  const { containers } = await engine.diskUsage({ signal });
  return new Map(containers.map(({ id, writableBytes, rootBytes }) => [id, { writableBytes, rootBytes }]));
}

export const containerListRoutes: readonly Route[] = [
  { method: "GET", template: "/containers/json", handle: list },
  { method: "GET", template: "/containers/{id}/json", handle: inspect },
];
