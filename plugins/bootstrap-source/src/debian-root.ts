import { join } from "node:path";

import { EngineError, type ResolveOptions } from "@gantry/core";

import { type AptSource, hostSources, hostSuite, hostTransferSettings, sourceLine } from "./apt-sources.ts";
import { BootstrapLog } from "./bootstrap-log.ts";
import { cleanRoot } from "./clean-root.ts";
import { contained } from "./contained.ts";
import { findProgram } from "./find-program.ts";
import { type MadeRoot, defaultPath, sourceDateEpoch } from "./made-root.ts";
import { runProgram } from "./run-program.ts";

interface Bootstrap {
  suite: string;
  sources: readonly AptSource[];
  root: string;
  /** Settings for apt. */
  settings: readonly string[];
}

/**
 * Makes the root of the `base` image in an empty directory: the smallest userland of the host's own distribution release that
 * has apt and bash, from the host's own package sources, verified as the host's apt does.
 * Errors: `unavailable` when neither tool is installed, or when the tool fails.
 */
export async function makeDebianRoot(directory: string, options: ResolveOptions): Promise<MadeRoot> {
  const tool = await bootstrapTool();
  const suite = await hostSuite();
  const sources = await hostSources(suite, options.signal);
  const root = join(directory, "root");
  const settings = await hostTransferSettings(options.signal);
  const log = new BootstrapLog(options.progress ?? (() => {}));
  // Its temporary files are with the root, which is removed whatever happens. debootstrap logs on stdout, mmdebstrap on stderr.
  const shell = ["env", `TMPDIR=${directory}`, "sh", "-c", 'exec "$@" 1>&2', "sh"];
  const command = [...shell, ...tool.command({ suite, sources, root, settings })];
  await runProgram(contained(command), { signal: options.signal, onLine: (line) => log.line(line) });
  await cleanRoot(root, sources);
  return {
    directory: root,
    defaults: { env: [defaultPath], command: ["/bin/bash"] },
    createdBy: `${tool.name} --variant=minbase ${suite}`,
    time: sourceDateEpoch() ?? Math.floor(Date.now() / 1000),
    applyTime: "newer",
  };
}

interface BootstrapTool {
  name: string;
  /** What follows its name. */
  command(bootstrap: Bootstrap): string[];
}

/** What everybody tries first in a container: `ps`, `top`. */
const extraPackages = "procps";

const tools: readonly BootstrapTool[] = [
  { name: "mmdebstrap", command: mmdebstrap },
  { name: "debootstrap", command: debootstrap },
];

async function bootstrapTool(): Promise<BootstrapTool> {
  for (const tool of tools) {
    const path = await findProgram(tool.name);
    if (path !== undefined) return { ...tool, command: (bootstrap) => [path, ...tool.command(bootstrap)] };
  }
  throw new EngineError(
    "unavailable",
    "base is made by mmdebstrap or debootstrap and neither is installed: apt-get install mmdebstrap",
  );
}

export function mmdebstrap({ suite, sources, root, settings }: Bootstrap): string[] {
  // A mirror that is behind is better than none; signatures are verified all the same. The last one is for roots that apt's
  // own user cannot reach.
  const all = [...settings, 'Acquire::Check-Valid-Until "false";', 'APT::Sandbox::User "root";'];
  const fixed = ["--verbose", "--mode=root", "--variant=minbase", `--include=${extraPackages}`, "--format=directory"];
  return [...fixed, ...all.map((setting) => `--aptopt=${setting}`), suite, root, ...sources.map(sourceLine)];
}

/** It takes one mirror, and does not look at the time until which a Release file is valid. */
export function debootstrap({ suite, sources, root }: Bootstrap): string[] {
  const { uri, components } = sources[0]!;
  return ["--variant=minbase", `--include=${extraPackages}`, `--components=${components.join(",")}`, suite, root, uri];
}
