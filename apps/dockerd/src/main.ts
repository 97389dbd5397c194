#!/usr/bin/env node
import { readFileSync } from "node:fs";

import { messageOf } from "@gantry/core";

import { Daemon, type LiveOptions } from "./daemon.ts";
import { type DaemonArguments, daemonHelp, parseDaemonArguments, resolveDaemonOptions } from "./daemon-options.ts";
import { lineLogger } from "./line-logger.ts";
import { noticeReady } from "./ready-notice.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  try {
    const given = parseDaemonArguments(argv);
    if (given.help) {
      process.stdout.write(daemonHelp());
      return 0;
    }
    if (given.version) {
      process.stdout.write(`Docker version ${version()}, Gantry\n`);
      return 0;
    }
    return await serve(given);
  } catch (error) {
    process.stderr.write(`dockerd: ${messageOf(error)}\n`);
    return 1;
  }
}

/** Runs until SIGTERM, SIGINT or idleness; a second signal does not wait for clients that are being served. */
async function serve(given: DaemonArguments): Promise<number> {
  const options = await resolveDaemonOptions(given);
  if (given.validate) {
    process.stdout.write("configuration OK\n");
    return 0;
  }
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
  const live: LiveOptions = { logLevel: options.logLevel, labels: options.labels };
  const logger = lineLogger(() => live.logLevel, process.stderr);
  process.on("SIGHUP", () => {
    reload(given, live).then(
      () => logger.info("configuration reloaded", { ...live }),
      (thrown: unknown) => logger.error("the configuration is not reloaded", { reason: messageOf(thrown) }),
    );
  });
  const daemon = await Daemon.start(options, { version: version(), logger, live, idle: stop });
  await noticeReady().catch((thrown: unknown) =>
    logger.warn("cannot tell the service manager", { reason: messageOf(thrown) }),
  );
  await stopping.promise;
  await daemon.stop(impatient.signal);
  return 0;
}

/** Takes from the configuration file what can change while the daemon runs: the log level and the labels. */
async function reload(given: DaemonArguments, live: LiveOptions): Promise<void> {
  const { logLevel, labels } = await resolveDaemonOptions(given);
  Object.assign(live, { logLevel, labels });
}

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
