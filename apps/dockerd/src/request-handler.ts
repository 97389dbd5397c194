import { type ErrorCode, type RequestHandler, type TransportResponse, isEngineError, messageOf } from "@gantry/core";
import type { Engine } from "@gantry/engine";

import { systemInfo, systemVersion } from "./system-reports.ts";

const statuses: Readonly<Record<ErrorCode, number>> = {
  "invalid-argument": 400,
  unauthorized: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  "not-modified": 304,
  internal: 500,
  unsupported: 501,
  unavailable: 503,
};

type Answer = (engine: Engine) => Promise<TransportResponse>;

const routes: Readonly<Record<string, Answer>> = {
  "GET /_ping": async () => ping("OK"),
  "HEAD /_ping": async () => ping(""),
  "GET /version": async (engine) => json(200, systemVersion(await engine.info())),
  "GET /info": async (engine) => json(200, systemInfo(await engine.info())),
};

/** Answers what a monitor of the daemon asks; anything else is not found. */
export function requestHandler(engine: Engine): RequestHandler {
  return async ({ method, path }) => {
    const key = `${method} ${path.split("?")[0]}`;
    const answer = Object.hasOwn(routes, key) ? routes[key] : undefined;
    if (answer === undefined) return json(404, { message: "page not found" });
    try {
      return await answer(engine);
    } catch (error) {
      const status = isEngineError(error) ? statuses[error.code] : statuses.internal;
      return json(status, { message: messageOf(error) });
    }
  };
}

function ping(text: string): TransportResponse {
  const headers = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-cache", ostype: "linux" };
  return { status: 200, headers, body: bytes(text) };
}

function json(status: number, value: object): TransportResponse {
  return { status, headers: { "content-type": "application/json" }, body: bytes(`${JSON.stringify(value)}\n`) };
}

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  if (text !== "") yield new TextEncoder().encode(text);
}
