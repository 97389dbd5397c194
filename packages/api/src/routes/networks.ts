import { EngineError } from "@gantry/core";

import { json } from "../http/answers.ts";
import { type ApiCall, type ApiHandler, parameter } from "../http/api-call.ts";
import type { Route } from "../http/router.ts";
import { type NetworkName, networkDrivers, networkId, predefinedNetworks, showNetwork } from "../shapes/networks.ts";
import { recordsOf } from "./container-lists.ts";

/** Tests of a predefined network by filter. */
const tests: Readonly<Record<string, (name: NetworkName, id: string, value: string) => boolean>> = {
  name: (name, _, value) => name.includes(value),
  id: (_, id, value) => id.startsWith(value),
  driver: (name, _, value) => networkDrivers[name] === value,
  scope: (_name, _id, value) => value === "local",
  type: (_name, _id, value) => value === "builtin",
  label: () => false,
  dangling: () => false,
};

const list: ApiHandler = async ({ facts, query, version }) => {
  const filters = Object.entries(query.filters());
  const shown = predefinedNetworks.filter((name) =>
    filters.every(([filter, values]) => {
      const test = Object.hasOwn(tests, filter) ? tests[filter] : undefined;
      if (test === undefined) throw new EngineError("invalid-argument", `invalid filter '${filter}'`);
      return values.some((value) => test(name, networkId(facts, name), value));
    }),
  );
  return json(shown.map((name) => showNetwork(facts, name, [], version)));
};

const inspect: ApiHandler = async (call) => {
  const name = findNetwork(call);
  const running = await call.engine.containers.list({}, { signal: call.request.signal });
  const records = await recordsOf(
    call,
    running.map(({ id }) => id),
  );
  const members = records.filter(({ hostConfig }) => hostConfig.networkMode === name);
  return json(showNetwork(call.facts, name, members, call.version));
};

const remove: ApiHandler = async (call) => {
  throw new EngineError("forbidden", `${findNetwork(call)} is a pre-defined network and cannot be removed`);
};

const unsupported: ApiHandler = async () => {
  throw new EngineError("unsupported", "networks other than none and host are not supported by this engine");
};

/** There is none to remove. */
const prune: ApiHandler = async () => json({ NetworksDeleted: null });

/** By name, id or the beginning of an id. Errors: `not-found`. */
function findNetwork(call: ApiCall): NetworkName {
  const reference = parameter(call, "id");
  const found =
    predefinedNetworks.find((name) => name === reference) ??
    predefinedNetworks.find((name) => networkId(call.facts, name).startsWith(reference));
  if (found !== undefined) return found;
  throw new EngineError("not-found", `network ${reference} not found`);
}

export const networkRoutes: readonly Route[] = [
  { method: "GET", template: "/networks", handle: list },
  { method: "POST", template: "/networks/create", handle: unsupported },
  { method: "POST", template: "/networks/prune", handle: prune },
  { method: "POST", template: "/networks/{id}/connect", handle: unsupported },
  { method: "POST", template: "/networks/{id}/disconnect", handle: unsupported },
  { method: "GET", template: "/networks/{id}", handle: inspect },
  { method: "DELETE", template: "/networks/{id}", handle: remove },
];
