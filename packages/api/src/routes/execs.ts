import { EngineError, messageOf } from "@gantry/core";
import type { Attachment } from "@gantry/engine";

import { empty, json } from "../http/answers.ts";
import { type ApiHandler, parameter } from "../http/api-call.ts";
import { parseDetachKeys } from "../http/detach-keys.ts";
import { readJsonBody } from "../http/json-body.ts";
import { joined } from "../http/joined-streams.ts";
import type { Route } from "../http/router.ts";
import { defined } from "../shapes/defined.ts";
import { readConsoleSize, readCreateExec, showExec } from "../shapes/execs.ts";
import { consoleSize } from "./container-lifecycle.ts";

const create: ApiHandler = async (call) => {
  const options = readCreateExec(await readJsonBody(call));
  if (options.command.length === 0) throw new EngineError("invalid-argument", "No exec command specified");
  parseDetachKeys(options.detachKeys ?? "");
  const { signal } = call.request;
  const { id } = await call.engine.execs.create(parameter(call, "id"), options, { signal });
  return json({ Id: id }, 201);
};

/** The process is started before the answer, which its failure to start has to wait for. */
const start: ApiHandler = async (call) => {
  const { engine, request } = call;
  const id = parameter(call, "id");
  const body = await readJsonBody(call);
  const exec = await engine.execs.inspect(id, { signal: request.signal });
  const consoleSize = defined({ consoleSize: readConsoleSize(body) });
  if (body.boolean("Detach")) {
    const detached = await engine.execs.start(id, { detach: true, ...consoleSize }, { signal: request.signal });
    await detached.close();
    return empty(200);
  }
  const { attachStdout = false, attachStderr = false, openStdin = false } = exec;
  const attachment = await engine.execs.start(id, consoleSize).catch((thrown: unknown) => {
    if (exec.running || exec.exitCode !== undefined) throw thrown;
    return failedStart(thrown, exec.terminal ?? false);
  });
  return joined(call, attachment, {
    stdin: openStdin,
    stdout: attachStdout,
    stderr: attachStderr,
    detachKeys: parseDetachKeys(exec.detachKeys ?? ""),
  });
};

/** A client shows what it reads, and asks for the exit code afterwards; of another status it would show the number. */
function failedStart(thrown: unknown, terminal: boolean): Attachment {
  return {
    terminal,
    output: (async function* () {
      yield { stream: "stdout" as const, data: Buffer.from(`${messageOf(thrown)}\r\n`), time: 0n };
    })(),
    writeStdin: async () => {},
    closeStdin: async () => {},
    close: async () => {},
  };
}

const inspect: ApiHandler = async (call) => {
  const { signal } = call.request;
  return json(showExec(await call.engine.execs.inspect(parameter(call, "id"), { signal })));
};

const resize: ApiHandler = async (call) => {
  const { signal } = call.request;
  await call.engine.execs.resize(parameter(call, "id"), consoleSize(call.query), { signal });
  return empty(200);
};

export const execRoutes: readonly Route[] = [
  { method: "POST", template: "/containers/{id}/exec", handle: create },
  { method: "POST", template: "/exec/{id}/start", handle: start },
  { method: "POST", template: "/exec/{id}/resize", handle: resize },
  { method: "GET", template: "/exec/{id}/json", handle: inspect },
];
