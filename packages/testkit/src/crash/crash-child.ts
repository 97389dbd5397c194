import { createRequire } from "node:module";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";

import type { PluginsModule, writeUntilKilled } from "./crash-main.ts";

/** The part of Vite's `runnerImport` that is used here. */
type RunnerImport = (url: string, configuration: object) => Promise<{ module: unknown }>;

/**
 * The program of the process that a check kills. It loads everything through Vite, which comes with vitest: the plugins
 * may be TypeScript with decorators, which Node does not read.
 */
const [plugins = "", contract = "", directory = ""] = process.argv.slice(2);
const fromVitest = createRequire(createRequire(import.meta.url).resolve("vitest/package.json"));
const vite = (await import(pathToFileURL(fromVitest.resolve("vite")).href)) as { runnerImport: RunnerImport };

async function load(url: string): Promise<unknown> {
  const conditions = ["@gantry/source"];
  const configuration = {
    configFile: false,
    logLevel: "error",
    oxc: { decorator: { legacy: true } },
    ssr: { resolve: { conditions } },
  };
  return (await vite.runnerImport(url, configuration)).module;
}

const mainUrl = new URL("./crash-main.ts", import.meta.url).href.replace(/\.ts$/, extname(import.meta.url));
const main = (await load(mainUrl)) as {
  writeUntilKilled: typeof writeUntilKilled;
};
await main.writeUntilKilled((await load(plugins)) as PluginsModule, contract, directory);
