#!/usr/bin/env node
import { readFileSync } from "node:fs";

import { Daemon } from "./daemon.ts";
import { daemonHelp, parseDaemonOptions } from "./daemon-options.ts";
import { lineLogger } from "./line-logger.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  try {
    const options = parseDaemonOptions(argv);
    if (options.help) {
      process.stdout.write(daemonHelp);
      return 0;
    }
    if (options.version) {
      process.stdout.write(`Docker version ${version()}, Gantry\n`);
      return 0;
    }
    return await serve(options);
  } catch (error) {
    process.stderr.write(`dockerd: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** Runs until SIGTERM or SIGINT; a second one does not wait for clients that are being served. */
async function serve(options: ReturnType<typeof parseDaemonOptions>): Promise<number> {
  const stopping = Promise.withResolvers<void>();
  const impatient = new AbortController();
  let asked = false;
  const stop = (): void => {
    if (asked) impatient.abort();
    asked = true;
    stopping.resolve();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  // Daemons are told by it to read their configuration again; there is none, and it must not end them.
  process.on("SIGHUP", () => {});
  const daemon = await Daemon.start(options, lineLogger(options.logLevel, process.stderr));
  await stopping.promise;
  await daemon.stop(impatient.signal);
  return 0;
}

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
