import type { CommandHost } from "@gantry/core";
import type { Containers } from "@gantry/engine";

import type { ConnectedEngine } from "../connected-engine.ts";
import { runSession } from "../session/container-session.ts";
import type { RunPlan } from "./run-plan.ts";

/** Starts a container in the background and prints its id. */
export async function runDetached(
  engine: ConnectedEngine,
  plan: RunPlan,
  host: CommandHost,
  id: string,
): Promise<number> {
  await start(engine.containers, plan, id);
  await host.stdout.write(`${id}\n`);
  return 0;
}

/** Starts a container with the caller's streams and gives its exit code. */
export async function runAttached(
  engine: ConnectedEngine,
  plan: RunPlan,
  host: CommandHost,
  id: string,
): Promise<number> {
  const { containers } = engine;
  const { streams, detachKeys } = plan;
  const attachment = await containers.attach(id, { stdin: streams.stdin, detachKeys: detachKeys.text });
  // Asked for before the start, or a container that ends at once would be missed, or gone.
  const exit = containers.wait(id, plan.create.hostConfig?.autoRemove === true ? "removed" : "next-exit");
  exit.catch(() => {});
  const outputless = !streams.stdout && !streams.stderr;
  const kill = plan.signalProxy ? (signal: string) => containers.kill(id, signal) : undefined;
  const session = {
    host,
    attachment,
    streams,
    detachKeys,
    kill,
    resize: (size: { rows: number; columns: number }) => containers.resize(id, size),
  };
  const end = await runSession(session, async () => {
    await start(containers, plan, id);
    if (outputless) await host.stdout.write(`${id}\n`);
  });
  if (end === "abandoned") return 1;
  if (end === "detached" || outputless) return 0;
  return (await exit).exitCode;
}

async function start(containers: Containers, plan: RunPlan, id: string): Promise<void> {
  try {
    await containers.start(id);
  } catch (error) {
    // It never ran, so nothing else would remove it.
    if (plan.create.hostConfig?.autoRemove === true) await removeQuietly(containers, id);
    throw error;
  }
}

/** The engine may have removed it already, or be about to. */
async function removeQuietly(containers: Containers, id: string): Promise<void> {
  await containers.remove(id, { force: true, volumes: true }).catch(() => {});
}
