#!/usr/bin/env node
import { readFileSync } from "node:fs";

// oxlint-disable-next-line no-restricted-imports -- the light entry of the package: it loads neither commands nor an engine
import { type CommandEntry, type GlobalOptions, commandTable, runApplication } from "@gantry/cli-app/light";

import { EmbeddedEngine } from "./embedded-engine.ts";
import { nodeHost } from "./node-host.ts";

const embedded = new EmbeddedEngine();
const argv = process.argv.slice(2);
const { DOCKER: server } = process.env;
let status = server ? await callServer(server) : await runCommand();
try {
  await embedded.close();
} catch (error) {
  process.stderr.write(`docker: ${error instanceof Error ? error.message : String(error)}\n`);
  status ||= 1;
}
// Everything is written and closed; a terminal that is still being read would keep the process.
process.exit(status);

function runCommand(): Promise<number> {
  let globals: GlobalOptions = { debug: false };
  const web: CommandEntry = {
    path: ["web"],
    summary: "Generate a web UI",
    load: async () => new (await import("./web-command.ts")).WebCommand(globals),
  };
  const connector = (options: GlobalOptions) => embedded.connector((globals = options));
  return runApplication({ commands: [...commandTable, web], host: nodeHost, connector, version }, argv);
}

/** With DOCKER set this is the client of 2013: the server knows the commands. */
async function callServer(address: string): Promise<number> {
  const { RcliTransport, runRcliClient } = await import("@gantry/rcli-transport");
  return runRcliClient(new RcliTransport(), address, argv, nodeHost);
}

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
