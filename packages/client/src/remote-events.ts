import type { ClientResponse } from "@gantry/core";
import type { EngineEvent, EventQuery, Events } from "@gantry/engine";

import type { ApiClient } from "./wire/api-client.ts";
import { readLines } from "./wire/bodies.ts";
import { filterParameter, timeParameter } from "./wire/query-string.ts";

interface EventJson {
  Type?: string;
  Action?: string;
  Actor?: { ID?: string; Attributes?: Record<string, string> | null };
  time?: number;
}

/** What happens in an engine behind the API. */
export class RemoteEvents implements Events {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  subscribe(query: EventQuery = {}): AsyncIterable<EngineEvent> {
    const { since, until, filters } = query;
    const times = { since: timeParameter(since), until: timeParameter(until) };
    const parameters = { ...times, filters: filterParameter(filters) };
    // Asked for now and not at the first read: what happens from here on must not be missed.
    return readEvents(this.#api.begin({ method: "GET", path: "/events", query: parameters }, query));
  }
}

async function* readEvents(response: Promise<ClientResponse>): AsyncGenerator<EngineEvent> {
  for await (const line of readLines((await response).body)) yield engineEvent(line);
}

function engineEvent(line: string): EngineEvent {
  const { Type, Action, Actor, time = 0 } = JSON.parse(line) as EventJson;
  // More digits than a number of JSON.parse holds.
  const nanoseconds = /"timeNano":\s*(\d+)/.exec(line)?.[1];
  return {
    type: Type as EngineEvent["type"],
    action: Action ?? "",
    id: Actor?.ID ?? "",
    attributes: Actor?.Attributes ?? {},
    time: nanoseconds === undefined ? BigInt(time) * 1_000_000_000n : BigInt(nanoseconds),
  };
}
