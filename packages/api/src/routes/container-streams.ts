import { EngineError, type LogEntry, messageOf } from "@gantry/core";
import type { Attachment, ContainerRecord, LogsQuery } from "@gantry/engine";

import { type ApiCall, type ApiHandler, parameter } from "../http/api-call.ts";
import { parseDetachKeys } from "../http/detach-keys.ts";
import { frame, multiplexedStream, rawStream } from "../http/frames.ts";
import { joined } from "../http/joined-streams.ts";
import { LineMarks } from "../http/line-marks.ts";
import type { Route } from "../http/router.ts";
import { jsonLines } from "../http/streams.ts";
import { defined } from "../shapes/defined.ts";
import { showStats } from "../shapes/stats.ts";

/** An attachment is made before the answer, so that a start that follows it loses nothing. */
const attach: ApiHandler = async (call) => {
  const { engine, query, request } = call;
  const detachKeys = parseDetachKeys(query.string("detachKeys"));
  const container = await engine.containers.inspect(parameter(call, "id"), { signal: request.signal });
  requireAttachable(container);
  const wanted = { stdout: query.boolean("stdout"), stderr: query.boolean("stderr") };
  const replay = query.boolean("logs");
  const stdin = query.boolean("stdin") && query.boolean("stream") && container.config.openStdin;
  const attachment = query.boolean("stream")
    ? await engine.containers.attach(container.id, { replay, stdin })
    : earlierOutput(call, container, replay);
  return joined(call, attachment, { ...wanted, stdin, detachKeys });
};

function requireAttachable({ id, state }: ContainerRecord): void {
  if (state.status === "paused") {
    throw new EngineError("conflict", `container ${id} is paused, unpause the container before attach`);
  }
  if (state.status === "restarting") {
    throw new EngineError("conflict", `container ${id} is restarting, wait until the container is running`);
  }
}

/** What an attach without `stream` sees: what was written, where it asks for that. */
function earlierOutput({ engine }: ApiCall, { id, config }: ContainerRecord, replay: boolean): Attachment {
  return {
    terminal: config.terminal,
    output: replay ? engine.containers.logs(id, { stdout: true, stderr: true }) : nothing(),
    writeStdin: async () => {},
    closeStdin: async () => {},
    close: async () => {},
  };
}

async function* nothing(): AsyncGenerator<LogEntry> {}

const logs: ApiHandler = async (call) => {
  const { engine, query, request, version } = call;
  const wanted = { stdout: query.boolean("stdout"), stderr: query.boolean("stderr") };
  if (!wanted.stdout && !wanted.stderr) {
    throw new EngineError("invalid-argument", "Bad parameters: you must choose at least one stream");
  }
  const logsQuery = { ...wanted, ...readLogsQuery(call), signal: request.signal };
  const { id, config, hostConfig } = await engine.containers.inspect(parameter(call, "id"), { signal: request.signal });
  if (hostConfig.logDriver.name === "none") {
    throw new EngineError("unsupported", "configured logging driver does not support reading");
  }
  const { terminal } = config;
  const marks = new LineMarks({ timestamps: query.boolean("timestamps"), details: query.boolean("details") });
  const body = logBody(engine.containers.logs(id, logsQuery), terminal, marks, request.signal);
  const type = terminal || version < 42 ? rawStream : multiplexedStream;
  return { status: 200, headers: { "Content-Type": type }, body };
};

function readLogsQuery({ query }: ApiCall): LogsQuery {
  // Docker takes whatever is no number for all.
  const tail = /^\d{1,15}$/.test(query.string("tail")) ? Number(query.string("tail")) : undefined;
  // A time of 0 is no bound.
  const since = query.time("since") || undefined;
  const until = query.time("until") || undefined;
  return { follow: query.boolean("follow"), ...defined({ tail, since, until }) };
}

async function* logBody(
  entries: AsyncIterable<LogEntry>,
  terminal: boolean,
  marks: LineMarks,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const entry of entries) {
      for (const data of marks.mark(entry)) yield terminal ? data : frame(entry.stream, data);
    }
  } catch (thrown) {
    if (signal.aborted) return;
    const message = new TextEncoder().encode(`Error grabbing logs: ${messageOf(thrown)}\n`);
    yield terminal ? message : frame("error", message);
  }
}

const stats: ApiHandler = async (call) => {
  const { engine, query, request, facts } = call;
  const { id } = await engine.containers.inspect(parameter(call, "id"), { signal: request.signal });
  const { limiter } = await engine.info({ signal: request.signal });
  const stream = query.boolean("stream", true);
  const oneShot = query.boolean("one-shot");
  if (stream && oneShot) {
    throw new EngineError("invalid-argument", "cannot have stream=true and one-shot=true");
  }
  const samples = engine.containers.stats(id, { stream, oneShot, signal: request.signal });
  return jsonLines(shown(samples, (sample) => showStats(sample, limiter?.version, facts.machine.memory)));
};

async function* shown<T>(values: AsyncIterable<T>, show: (value: T) => object): AsyncGenerator<object> {
  for await (const value of values) yield show(value);
}

export const containerStreamRoutes: readonly Route[] = [
  { method: "POST", template: "/containers/{id}/attach", handle: attach },
  { method: "GET", template: "/containers/{id}/logs", handle: logs },
  { method: "GET", template: "/containers/{id}/stats", handle: stats },
];
