import { EngineError, type RequestHandler, type TransportRequest, messageOf } from "@gantry/core";

import { commands } from "./commands/command-list.ts";
import { type RcliCommand, type RcliEngine, UsageMistake, type WebPage } from "./commands/rcli-command.ts";
import { FlagError, type ParsedFlags, parseFlags } from "./text/go-flags.ts";
import { helpText, usageText } from "./text/help-text.ts";
import { argumentsOf } from "./wire/request-path.ts";

export interface RcliHandlerOptions {
  /** What `web` tells of. */
  web?: WebPage | undefined;
}

const headers = { "content-type": "text/plain; charset=utf-8" };

/**
 * Runs the commands of 2013 on an engine: `POST /COMMAND?q=ARGUMENT…` with the standard input as its body gives what the command prints.
 * Failures are a line `Error: …` of it, the status is 200 all the same. By GET only commands that change nothing are run (405).
 */
export function rcliHandler(engine: RcliEngine, { web }: RcliHandlerOptions = {}): RequestHandler {
  return async (request) => {
    const [name = "", ...rest] = argumentsOf(request.path);
    const command = findCommand(name);
    const harmless = command === undefined || command.reads === true;
    if (request.method !== "POST" && !(request.method === "GET" && harmless)) {
      return { status: 405, headers: { ...headers, allow: "POST" } };
    }
    const output = isHelp(name) ? help(rest) : run(command, name, rest, { engine, web, request });
    return { status: 200, headers, body: encoded(output) };
  };
}

interface CallContext {
  engine: RcliEngine;
  web: WebPage | undefined;
  request: TransportRequest;
}

async function* run(
  command: RcliCommand | undefined,
  name: string,
  argv: readonly string[],
  { engine, web, request: { body: stdin, signal } }: CallContext,
): AsyncGenerator<string | Uint8Array> {
  if (command === undefined) throw new EngineError("not-found", `No such command: ${name}`);
  let parsed: ParsedFlags;
  try {
    parsed = parseFlags(command.flags, argv);
  } catch (thrown) {
    if (!(thrown instanceof FlagError)) throw thrown;
    yield thrown.message === "" ? usageText(command) : `${thrown.message}\n${usageText(command)}`;
    return;
  }
  try {
    yield* command.run({ ...parsed, engine, web, stdin, signal, now: Date.now() });
  } catch (thrown) {
    if (!(thrown instanceof UsageMistake)) throw thrown;
    yield usageText(command);
  }
}

async function* help([name]: readonly string[]): AsyncGenerator<string> {
  if (name === undefined) {
    yield helpText();
    return;
  }
  const command = findCommand(name);
  if (command === undefined) throw new EngineError("not-found", `No such command: ${name}`);
  yield usageText(command);
}

/** The case of a name never mattered. */
function findCommand(name: string): RcliCommand | undefined {
  return commands.get(name.toLowerCase());
}

function isHelp(name: string): boolean {
  return ["", "help"].includes(name.toLowerCase());
}

async function* encoded(output: AsyncIterable<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of output) yield typeof piece === "string" ? Buffer.from(piece) : piece;
  } catch (thrown) {
    yield Buffer.from(`Error: ${messageOf(thrown)}\n`);
  }
}
