import type { CommandHost } from "@gantry/core";

import type { ConnectedEngine } from "../connected-engine.ts";
import { UsageError } from "../parsing/usage-error.ts";
import { printable } from "../rendering/short-text.ts";
import { pullImage } from "./pull-image.ts";
import type { RunPlan } from "./run-plan.ts";

/** Gets the image when it must, creates the container and tells its id where the caller asked for it. */
export async function createContainer(
  engine: ConnectedEngine,
  plan: RunPlan,
  host: CommandHost,
  signal: AbortSignal,
): Promise<string> {
  if (plan.cidfile !== undefined) await refuseExisting(plan.cidfile, host);
  await provideImage(engine, plan, host, signal);
  const { id, warnings } = await engine.containers.create(plan.create, { signal });
  for (const warning of warnings) await host.stderr.write(`WARNING: ${printable(warning)}\n`);
  if (plan.cidfile === undefined) return id;
  try {
    await host.writeNewFile(plan.cidfile, id);
  } catch (error) {
    // Nobody would know of it.
    await engine.containers.remove(id, { force: true, volumes: true });
    throw error;
  }
  return id;
}

async function provideImage(
  engine: ConnectedEngine,
  plan: RunPlan,
  host: CommandHost,
  signal: AbortSignal,
): Promise<void> {
  const { image } = plan.create.config;
  if (plan.pull === "never") return;
  if (plan.pull === "missing" && (await engine.images.has(image, { signal }))) return;
  const output = plan.quiet ? undefined : host.stderr;
  const missing = plan.pull === "missing" ? { announcement: `Unable to find image '${image}' locally` } : {};
  await pullImage(engine.images, image, { output, signal, ...missing });
}

async function refuseExisting(path: string, host: CommandHost): Promise<void> {
  const exists = await host.readFile(path).then(
    () => true,
    () => false,
  );
  if (!exists) return;
  throw new UsageError(
    `container ID file found, make sure the other container isn't running or delete ${printable(path)}`,
  );
}
