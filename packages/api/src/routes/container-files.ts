import { EngineError } from "@gantry/core";
import type { PathStat } from "@gantry/engine";

import { empty, json } from "../http/answers.ts";
import { type ApiCall, type ApiHandler, parameter } from "../http/api-call.ts";
import { readJsonBody } from "../http/json-body.ts";
import type { Route } from "../http/router.ts";
import { begun } from "../http/streams.ts";
import { readContainerConfig } from "../shapes/container-config.ts";
import { defined } from "../shapes/defined.ts";
import { imageReference } from "./image-reference.ts";

const changeKinds = { modified: 0, added: 1, deleted: 2 } as const;

const changes: ApiHandler = async ({ engine, request, parameters }) => {
  const found: object[] = [];
  for await (const { path, kind } of engine.containers.changes(parameters["id"]!, { signal: request.signal })) {
    found.push({ Path: path, Kind: changeKinds[kind] });
  }
  return json(found.length === 0 ? null : found);
};

const exportRoot: ApiHandler = async (call) => {
  const { engine, request } = call;
  const body = await begun(engine.containers.export(parameter(call, "id"), { signal: request.signal }));
  return { status: 200, headers: { "Content-Type": "application/octet-stream" }, body };
};

const top: ApiHandler = async (call) => {
  const { engine, query, request } = call;
  const id = parameter(call, "id");
  const table = await engine.containers.top(id, query.optional("ps_args"), { signal: request.signal });
  return json({ Titles: table.titles, Processes: table.processes });
};

const statPath: ApiHandler = async (call) => {
  const { engine, request } = call;
  const stat = await engine.containers.statPath(parameter(call, "id"), pathOf(call), { signal: request.signal });
  return { status: 200, headers: { ...statHeader(stat), "Content-Length": "0" } };
};

const readPath: ApiHandler = async (call) => {
  const { engine, request } = call;
  const found = await engine.containers.readPath(parameter(call, "id"), pathOf(call), { signal: request.signal });
  const headers = { "Content-Type": "application/x-tar", ...statHeader(found.stat) };
  return { status: 200, headers, body: found.archive };
};

const writePath: ApiHandler = async (call) => {
  const { engine, query, request } = call;
  await engine.containers.writePath(parameter(call, "id"), pathOf(call), request.body, {
    noOverwriteDirNonDir: query.boolean("noOverwriteDirNonDir"),
    keepOwners: query.boolean("copyUIDGID"),
    signal: request.signal,
  });
  return empty(200);
};

function pathOf({ query }: ApiCall): string {
  const path = query.optional("path");
  if (path !== undefined) return path;
  throw new EngineError("invalid-argument", "missing parameter path: name a path in the container", {
    details: { field: "path" },
  });
}

/** The stat as base64 of its JSON: how a header carries what a file name may hold. */
function statHeader({ name, size, mode, mtime, linkTarget }: PathStat): Readonly<Record<string, string>> {
  const text = JSON.stringify({ name, size, mode, mtime, linkTarget });
  return { "X-Docker-Container-Path-Stat": Buffer.from(text).toString("base64") };
}

const commit: ApiHandler = async (call) => {
  const { engine, query, request } = call;
  const container = query.optional("container");
  if (container === undefined) {
    throw new EngineError("invalid-argument", "missing parameter container: name what to commit", {
      details: { field: "container" },
    });
  }
  const body = await readJsonBody(call);
  const { image: _image, ...config } = readContainerConfig(body);
  const { id } = await engine.containers.commit(container, {
    ...defined({
      reference: imageReference(query.string("repo"), query.string("tag")),
      author: query.optional("author"),
      message: query.optional("comment"),
      config: body.names().length === 0 ? undefined : config,
    }),
    changes: query
      .all("changes")
      .flatMap((text) => text.split("\n"))
      .filter((line) => line.trim() !== ""),
    pause: query.boolean("pause", true),
    signal: request.signal,
  });
  return json({ Id: id }, 201);
};

export const containerFileRoutes: readonly Route[] = [
  { method: "GET", template: "/containers/{id}/changes", handle: changes },
  { method: "GET", template: "/containers/{id}/export", handle: exportRoot },
  { method: "GET", template: "/containers/{id}/top", handle: top },
  { method: "HEAD", template: "/containers/{id}/archive", handle: statPath },
  { method: "GET", template: "/containers/{id}/archive", handle: readPath },
  { method: "PUT", template: "/containers/{id}/archive", handle: writePath },
  { method: "POST", template: "/commit", handle: commit },
];
