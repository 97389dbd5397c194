import { EngineError, messageOf } from "@gantry/core";
import type { StopOptions, WaitCondition, WaitResult } from "@gantry/engine";

import { empty, json } from "../http/answers.ts";
import { type ApiCall, type ApiHandler, parameter } from "../http/api-call.ts";
import { readJsonBody } from "../http/json-body.ts";
import type { Query } from "../http/query.ts";
import type { Route } from "../http/router.ts";
import { jsonLine } from "../http/streams.ts";
import { defined } from "../shapes/defined.ts";
import { readRestartPolicy } from "../shapes/host-config.ts";
import { readResources } from "../shapes/resources.ts";

/** A verb that answers with its status alone. */
function verb(status: number, act: (call: ApiCall, id: string) => Promise<unknown>): ApiHandler {
  return async (call) => {
    await act(call, parameter(call, "id"));
    return empty(status);
  };
}

const start = verb(204, ({ engine, request: { signal } }, id) => engine.containers.start(id, { signal }));
const stop = verb(204, ({ engine, query, request: { signal } }, id) =>
  engine.containers.stop(id, stopOptions(query), { signal }),
);
const restart = verb(204, ({ engine, query, request: { signal } }, id) =>
  engine.containers.restart(id, stopOptions(query), { signal }),
);
const kill = verb(204, ({ engine, query, request: { signal } }, id) =>
  engine.containers.kill(id, query.optional("signal"), { signal }),
);
const pause = verb(204, ({ engine, request: { signal } }, id) => engine.containers.pause(id, { signal }));
const unpause = verb(204, ({ engine, request: { signal } }, id) => engine.containers.unpause(id, { signal }));
const rename = verb(204, ({ engine, query, request: { signal } }, id) =>
  engine.containers.rename(id, query.string("name").replace(/^\//, ""), { signal }),
);
const remove = verb(204, ({ engine, query, request: { signal } }, id) => {
  if (query.boolean("link")) {
    throw new EngineError("unsupported", "links are not supported by this engine", { details: { field: "link" } });
  }
  return engine.containers.remove(id, { force: query.boolean("force"), volumes: query.boolean("v") }, { signal });
});
const resize = verb(200, ({ engine, query, request: { signal } }, id) =>
  engine.containers.resize(id, consoleSize(query), { signal }),
);

function stopOptions(query: Query): StopOptions {
  return defined({ signal: query.optional("signal"), timeout: query.integer("t") });
}

/** The size of a terminal in `h` and `w`. Errors: `invalid-argument`. */
export function consoleSize(query: Query): { rows: number; columns: number } {
  const size = { rows: query.integer("h") ?? 0, columns: query.integer("w") ?? 0 };
  if (size.rows >= 0 && size.columns >= 0) return size;
  throw new EngineError("invalid-argument", "invalid parameter h or w: a terminal's size is not negative");
}

const update: ApiHandler = async (call) => {
  const body = await readJsonBody(call);
  const restartPolicy = readRestartPolicy(body.object("RestartPolicy"));
  const changes = { resources: readResources(body), ...defined({ restartPolicy }) };
  const { signal } = call.request;
  const { warnings } = await call.engine.containers.update(parameter(call, "id"), changes, { signal });
  return json({ Warnings: warnings.length === 0 ? null : warnings });
};

const conditions: readonly WaitCondition[] = ["not-running", "next-exit", "removed"];

/** The head goes out at once: a client starts the container only when it knows that the wait has begun. */
const wait: ApiHandler = async (call) => {
  const { engine, query, request, version } = call;
  const asked = query.optional("condition") ?? "not-running";
  const condition = conditions.find((known) => known === asked);
  if (condition === undefined) {
    throw new EngineError("invalid-argument", `invalid condition: ${JSON.stringify(asked)}`);
  }
  const { id } = await engine.containers.inspect(parameter(call, "id"), { signal: request.signal });
  const outcome = engine.containers.wait(id, condition, { signal: request.signal });
  // Read only once the head is out; until then a failure has nobody to hear of it.
  outcome.catch(() => {});
  const body = waitBody(condition === "removed" ? withoutError(outcome) : outcome, version);
  return { status: 200, headers: { "Content-Type": "application/json" }, body };
};

/** A removal succeeds also where the start failed; whoever started the container has been told. */
async function withoutError(outcome: Promise<WaitResult>): Promise<WaitResult> {
  return { exitCode: (await outcome).exitCode };
}

async function* waitBody(outcome: Promise<WaitResult>, version: number): AsyncGenerator<Uint8Array> {
  const none = version < 42 ? { Error: null } : {};
  try {
    const { exitCode, error } = await outcome;
    yield jsonLine({ StatusCode: exitCode, ...(error ? { Error: { Message: error } } : none) });
  } catch (thrown) {
    yield jsonLine({ StatusCode: -1, Error: { Message: messageOf(thrown) } });
  }
}

const prune: ApiHandler = async ({ engine, query, request: { signal } }) => {
  const { deleted, reclaimedBytes } = await engine.containers.prune(query.filters(), { signal });
  return json({ ContainersDeleted: deleted.length === 0 ? null : deleted, SpaceReclaimed: reclaimedBytes });
};

export const containerLifecycleRoutes: readonly Route[] = [
  { method: "POST", template: "/containers/prune", handle: prune },
  { method: "POST", template: "/containers/{id}/start", handle: start },
  { method: "POST", template: "/containers/{id}/stop", handle: stop },
  { method: "POST", template: "/containers/{id}/restart", handle: restart },
  { method: "POST", template: "/containers/{id}/kill", handle: kill },
  { method: "POST", template: "/containers/{id}/pause", handle: pause },
  { method: "POST", template: "/containers/{id}/unpause", handle: unpause },
  { method: "POST", template: "/containers/{id}/rename", handle: rename },
  { method: "POST", template: "/containers/{id}/resize", handle: resize },
  { method: "POST", template: "/containers/{id}/update", handle: update },
  { method: "POST", template: "/containers/{id}/wait", handle: wait },
  { method: "DELETE", template: "/containers/{id}", handle: remove },
];
