import { empty, json } from "../http/answers.ts";
import { type ApiHandler, parameter } from "../http/api-call.ts";
import { readJsonBody } from "../http/json-body.ts";
import type { Route } from "../http/router.ts";
import { defined } from "../shapes/defined.ts";
import { showVolume } from "../shapes/volumes.ts";

const list: ApiHandler = async ({ engine, query, request: { signal } }) => {
  const volumes = await engine.volumes.list(query.filters(), { signal });
  return json({ Volumes: volumes.map((volume) => showVolume(volume)), Warnings: null });
};

const create: ApiHandler = async (call) => {
  const body = await readJsonBody(call);
  const options = defined({
    name: body.string("Name") || undefined,
    driver: body.string("Driver") || undefined,
    labels: body.stringMap("Labels"),
    driverOptions: body.stringMap("DriverOpts"),
  });
  return json(showVolume(await call.engine.volumes.create(options, { signal: call.request.signal })), 201);
};

const inspect: ApiHandler = async (call) => {
  const { signal } = call.request;
  return json(showVolume(await call.engine.volumes.inspect(parameter(call, "name"), { signal })));
};

const remove: ApiHandler = async (call) => {
  const { engine, query, request } = call;
  await engine.volumes.remove(parameter(call, "name"), { force: query.boolean("force") }, { signal: request.signal });
  return empty(204);
};

/** Before 1.42 volumes with a name went too. */
const prune: ApiHandler = async ({ engine, query, request: { signal }, version }) => {
  const asked = query.filters();
  const filters = version < 42 ? { ...asked, all: ["true"] } : asked;
  const { deleted, reclaimedBytes } = await engine.volumes.prune(filters, { signal });
  return json({ VolumesDeleted: deleted.length === 0 ? null : deleted, SpaceReclaimed: reclaimedBytes });
};

export const volumeRoutes: readonly Route[] = [
  { method: "GET", template: "/volumes", handle: list },
  { method: "POST", template: "/volumes/create", handle: create },
  { method: "POST", template: "/volumes/prune", handle: prune },
  { method: "GET", template: "/volumes/{name}", handle: inspect },
  { method: "DELETE", template: "/volumes/{name}", handle: remove },
];
