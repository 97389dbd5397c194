import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { interleave, table } from "./measure.ts";
import type { Contestant } from "./measure.ts";
import type { Runner } from "./runner.ts";
import { dockerd } from "./runners/dockerd.ts";
import { gantry } from "./runners/gantry.ts";
import { lxc } from "./runners/lxc.ts";
import { ociRuntime } from "./runners/oci-runtime.ts";
import { podman } from "./runners/podman.ts";
import { bareUnshare } from "./runners/unshare.ts";
import { findProgram, makeWorkspace } from "./workspace.ts";

const usage = "usage: pnpm bench start [--rounds N] [--only NAME,NAME]";
const runners: readonly Runner[] = [gantry, bareUnshare, ociRuntime("crun"), ociRuntime("runc"), lxc, podman, dockerd];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "30" }, only: { type: "string" } },
});
const rounds = Number(values.rounds);
if (positionals.join(" ") !== "start" || !Number.isInteger(rounds) || rounds < 1) {
  console.error(usage);
  process.exit(2);
}
if (process.getuid?.() !== 0) {
  console.error("bench: starting containers needs root");
  process.exit(1);
}
await benchStart(rounds, values.only?.split(","));

async function benchStart(timed: number, only: readonly string[] | undefined): Promise<void> {
  const workspace = makeWorkspace();
  await using _cleanup = workspace.cleanup;
  const leftOut: Record<string, string> = {};
  const contestants: Contestant[] = [];
  for (const runner of runners.filter(({ name }) => only?.includes(name) ?? true)) {
    const missing = runner.programs.filter((program) => findProgram(program) === undefined);
    if (missing.length > 0) leftOut[runner.name] = `${missing.join(", ")} not installed`;
    else {
      try {
        contestants.push({ name: runner.name, start: await runner.prepare(workspace) });
      } catch (error) {
        leftOut[runner.name] = String(error);
      }
    }
  }
  const load = loadavg()[0]!;
  const summaries = await interleave(contestants, { warmUp: 3, timed }, (name, error) => {
    leftOut[name] = String(error);
  });
  console.log(
    `create + start + exit + remove of \`true\`, network none, ${cpus().length} CPUs, load ${load.toFixed(1)}\n`,
  );
  console.log(table(summaries, bareUnshare.name));
  for (const [name, reason] of Object.entries(leftOut)) console.log(`left out: ${name}: ${reason}`);
  write({ at: new Date().toISOString(), kernel: release(), cpus: cpus().length, load, summaries, leftOut });
}

function write(result: Record<string, unknown> & { at: string }): void {
  const directory = join(import.meta.dirname, "results");
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `start-${result.at.replaceAll(":", "")}.json`), `${JSON.stringify(result, null, 2)}\n`);
}
