import { type ApiFacts, apiHandler } from "@gantry/api";
import type { PluginReport, RequestHandler } from "@gantry/core";
import type { Engine } from "@gantry/engine";

/** What an engine answers: Docker's API, and at `GET /gantry/plugins` what it is made of. */
export function engineHandler(engine: Engine, facts: ApiFacts, plugins: () => readonly PluginReport[]): RequestHandler {
  const api = apiHandler(engine, facts);
  return async (request) => {
    const ours = request.method === "GET" && /^(\/v1\.\d+)?\/gantry\/plugins$/.test(request.path);
    if (!ours) return api(request);
    const body = new TextEncoder().encode(`${JSON.stringify(plugins())}\n`);
    const headers = { "content-type": "application/json", "content-length": String(body.length) };
    return { status: 200, headers, body: once(body) };
  };
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}
