import { type GlobalOptions, commandTable, runApplication } from "../../src/light.ts";
import { type FakeEngine, type Script, fakeEngine } from "./fake-engine.ts";
import { type FakeHost, type FakeHostOptions, fakeHost } from "./fake-host.ts";

export interface CliRun {
  status: number;
  stdout: string;
  stderr: string;
  engine: FakeEngine;
  host: FakeHost;
  /** How often an engine was asked for. */
  connections: number;
  /** The options before the command, where it has got so far. */
  globals: GlobalOptions | undefined;
}

/** One call of the command line, over a fake engine and a fake host. */
export async function runCli(argv: readonly string[], script: Script = {}, options: FakeHostOptions = {}) {
  const session = startCli(argv, script, options);
  return session.done;
}

/** The same, for a test that acts while the call goes on. */
export function startCli(argv: readonly string[], script: Script = {}, options: FakeHostOptions = {}) {
  const globals: GlobalOptions[] = [];
  const engine = fakeEngine(script);
  const host = fakeHost(options);
  let connections = 0;
  const connector = {
    connect: async () => {
      connections += 1;
      return engine;
    },
  };
  const remember = (given: GlobalOptions) => {
    globals.push(given);
    return connector;
  };
  const application = { commands: commandTable, host, connector: remember };
  const done = runApplication(application, argv).then((status): CliRun => ({
    status,
    ...host.output,
    engine,
    host,
    connections,
    globals: globals[0],
  }));
  return { engine, host, done };
}
