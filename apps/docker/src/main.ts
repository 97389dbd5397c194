#!/usr/bin/env node
import { readFileSync } from "node:fs";

// oxlint-disable-next-line no-restricted-imports -- the light entry of the package: it loads neither commands nor an engine
import { commandTable, runApplication } from "@gantry/cli-app/light";

import { EmbeddedEngine } from "./embedded-engine.ts";
import { nodeHost } from "./node-host.ts";

const embedded = new EmbeddedEngine();
let status = await runApplication(
  { commands: commandTable, host: nodeHost, connector: (options) => embedded.connector(options), version },
  process.argv.slice(2),
);
try {
  await embedded.close();
} catch (error) {
  process.stderr.write(`docker: ${error instanceof Error ? error.message : String(error)}\n`);
  status ||= 1;
}
// Everything is written and closed; a terminal that is still being read would keep the process.
process.exit(status);

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
