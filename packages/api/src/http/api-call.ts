import type { TransportRequest, TransportResponse } from "@gantry/core";
import type { Engine } from "@gantry/engine";

import type { ApiFacts } from "../api-facts.ts";
import type { Query } from "./query.ts";

/** One request, as far as routing has read it. */
export interface ApiCall {
  readonly engine: Engine;
  readonly facts: ApiFacts;
  readonly activity: ApiActivity;
  readonly request: TransportRequest;
  /** The API version that the client speaks, without its `1.`: 41 for 1.41. */
  readonly version: number;
  /** What stood in the places of a route's template, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Query;
}

/** What clients do at present, over all requests of a handler. */
export interface ApiActivity {
  /** Clients that follow the events. */
  eventListeners: number;
}

export type ApiHandler = (call: ApiCall) => Promise<TransportResponse>;

/** The id or name in the place `{id}` or `{name}` of the path. */
export function parameter(call: ApiCall, name: string): string {
  return call.parameters[name]!;
}
