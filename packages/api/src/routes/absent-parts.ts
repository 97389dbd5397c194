import { EngineError } from "@gantry/core";

import { json } from "../http/answers.ts";
import { type ApiHandler, parameter } from "../http/api-call.ts";
import type { Route } from "../http/router.ts";

/** Operations of parts that this engine does not have: clients ask for them in any case, and are told so. */
const noSwarm: ApiHandler = async () => {
  throw new EngineError(
    "unavailable",
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and ' +
      "try again.",
  );
};

function lacks(what: string): ApiHandler {
  return async () => {
    throw new EngineError("unsupported", `${what} not supported by this engine`);
  };
}

const swarmRoutes: readonly Route[] = ["swarm", "nodes", "services", "tasks", "secrets", "configs"].flatMap((part) =>
  ["GET", "POST", "DELETE"].flatMap((method) => [
    { method, template: `/${part}`, handle: noSwarm },
    { method, template: `/${part}/{rest*}`, handle: noSwarm },
  ]),
);

/** There is no cache of builds, and so nothing in it. */
const pruneBuilds: ApiHandler = async () => json({ CachesDeleted: null, SpaceReclaimed: 0 });

/** Docker's own plugins; those of this engine are part of its installation. */
const listPlugins: ApiHandler = async () => json([]);
const findPlugin: ApiHandler = async (call) => {
  throw new EngineError("not-found", `plugin ${JSON.stringify(parameter(call, "name"))} not found`);
};
const plugins = lacks("Docker's plugins are");

export const absentRoutes: readonly Route[] = [
  ...swarmRoutes,
  { method: "GET", template: "/containers/{id}/attach/ws", handle: lacks("attaching by WebSocket is") },
  { method: "POST", template: "/build", handle: lacks("building images is") },
  { method: "POST", template: "/build/prune", handle: pruneBuilds },
  { method: "POST", template: "/session", handle: lacks("a BuildKit session is") },
  { method: "POST", template: "/grpc", handle: lacks("BuildKit is") },
  { method: "POST", template: "/auth", handle: lacks("logging in to a registry is") },
  { method: "GET", template: "/images/search", handle: lacks("searching a registry is") },
  { method: "POST", template: "/images/{name*}/push", handle: lacks("pushing to a registry is") },
  { method: "GET", template: "/distribution/{name*}/json", handle: lacks("asking a registry is") },
  { method: "GET", template: "/plugins", handle: listPlugins },
  { method: "GET", template: "/plugins/privileges", handle: plugins },
  { method: "GET", template: "/plugins/{name*}/json", handle: findPlugin },
  { method: "POST", template: "/plugins/{rest*}", handle: plugins },
  { method: "DELETE", template: "/plugins/{name*}", handle: findPlugin },
];
