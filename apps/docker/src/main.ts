#!/usr/bin/env node
// oxlint-disable-next-line no-restricted-imports -- the light entry of the package: it loads neither commands nor an engine
import { type CommandEntry, type GlobalOptions, commandTable, runApplication } from "@gantry/cli-app/light";

import { EngineConnection } from "./engine-connection.ts";
import { nodeHost } from "./node-host.ts";

const connection = new EngineConnection();
const argv = process.argv.slice(2);
const { DOCKER: server } = process.env;
let status = server ? await callServer(server) : await runCommand();
try {
  await connection.close();
} catch (error) {
  process.stderr.write(`docker: ${error instanceof Error ? error.message : String(error)}\n`);
  status ||= 1;
}
// Everything is written and closed; a terminal that is still being read would keep the process.
process.exit(status);

function runCommand(): Promise<number> {
  let globals: GlobalOptions = { debug: false, embedded: false, tls: { use: false, verify: false } };
  const web: CommandEntry = {
    path: ["web"],
    summary: "Generate a web UI",
    load: async () => new (await import("./web-command.ts")).WebCommand(globals),
  };
  const connector = (options: GlobalOptions) => connection.connector((globals = options));
  return runApplication({ commands: [...commandTable, web], host: nodeHost, connector }, argv);
}

/** With DOCKER set this is the client of 2013: the server knows the commands. */
async function callServer(address: string): Promise<number> {
  const { RcliTransport, runRcliClient } = await import("@gantry/rcli-transport");
  return runRcliClient(new RcliTransport(), address, argv, nodeHost);
}
