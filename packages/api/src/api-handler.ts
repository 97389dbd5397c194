import { EngineError, type RequestHandler, type TransportRequest, type TransportResponse } from "@gantry/core";
import type { Engine } from "@gantry/engine";

import type { ApiFacts } from "./api-facts.ts";
import { failed } from "./http/answers.ts";
import type { ApiActivity } from "./http/api-call.ts";
import { currentVersion, negotiateVersion, readsJsonErrors, splitVersion } from "./http/api-version.ts";
import { Query } from "./http/query.ts";
import { Router } from "./http/router.ts";
import { routes } from "./routes/routes.ts";

/**
 * Answers requests of the Docker Engine API, versions 1.24 to 1.50, from an engine.
 *
 * A path may begin with a version (`/v1.41`); without one the newest is meant. Errors are `{"message"}` with the status that
 * belongs to their code. The handler waits for what a request asks for and no longer than `request.signal` lets it.
 */
export function apiHandler(engine: Engine, facts: ApiFacts): RequestHandler {
  const context = { engine, facts, activity: { eventListeners: 0 } };
  const router = new Router(routes);
  const headers = {
    "Api-Version": `1.${currentVersion}`,
    "Docker-Experimental": "false",
    Ostype: "linux",
    Server: `${facts.product.name}/${facts.product.version} (linux)`,
  };
  return async (request) => {
    const response = await answer(router, context, request);
    return { ...response, headers: { ...headers, ...response.headers } };
  };
}

interface Context {
  engine: Engine;
  facts: ApiFacts;
  activity: ApiActivity;
}

async function answer(router: Router, context: Context, request: TransportRequest): Promise<TransportResponse> {
  const question = request.path.indexOf("?");
  const whole = question < 0 ? request.path : request.path.slice(0, question);
  const { path, version } = splitVersion(whole);
  try {
    const match = router.match(request.method, path);
    if (match === undefined) throw new EngineError("not-found", "page not found");
    const query = new Query(question < 0 ? "" : request.path.slice(question + 1));
    const { handle, parameters } = match;
    return await handle({ ...context, request, version: negotiateVersion(version), parameters, query });
  } catch (thrown) {
    return failed(thrown, !readsJsonErrors(version));
  }
}
