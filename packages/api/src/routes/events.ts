import type { EngineEvent } from "@gantry/engine";

import type { ApiActivity, ApiHandler } from "../http/api-call.ts";
import type { Route } from "../http/router.ts";
import { jsonLines } from "../http/streams.ts";
import { defined } from "../shapes/defined.ts";
import { showEvent } from "../shapes/events.ts";

/** From the moment of the request on, whenever the client begins to read. */
const events: ApiHandler = async ({ engine, query, request, activity }) => {
  const subscription = engine.events.subscribe({
    ...defined({ since: query.time("since"), until: query.time("until") }),
    filters: query.filters(),
    signal: request.signal,
  });
  return jsonLines(shown(subscription, activity));
};

async function* shown(subscription: AsyncIterable<EngineEvent>, activity: ApiActivity): AsyncGenerator<object> {
  activity.eventListeners++;
  try {
    for await (const event of subscription) yield showEvent(event);
  } finally {
    activity.eventListeners--;
  }
}

export const eventRoutes: readonly Route[] = [{ method: "GET", template: "/events", handle: events }];
