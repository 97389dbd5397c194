import type { Engine } from "@gantry/engine";

import type { ClientActivity } from "./client-activity.ts";

/**
 * Calls back once no client has been served for so long and no container needs an engine.
 * @param timeout milliseconds
 * @returns ends the watch
 */
export function watchIdleness(engine: Engine, activity: ClientActivity, timeout: number, idle: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const again = (delay: number): void => {
    if (!stopped) timer = setTimeout(() => void check(), delay);
  };
  const check = async (): Promise<void> => {
    const left = timeout - activity.idleFor();
    if (left > 0) return again(left);
    // One that cannot be asked is not idle.
    const needed = await needsEngine(engine).catch(() => true);
    if (needed || activity.idleFor() < timeout) again(timeout);
    else if (!stopped) idle();
  };
  again(timeout);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** A container that runs goes on without an engine, unless something is to be done when it ends or while it runs. */
async function needsEngine({ containers }: Engine): Promise<boolean> {
  for (const { id } of await containers.list()) {
    const { hostConfig, config } = await containers.inspect(id);
    const checked = config.healthcheck !== undefined && config.healthcheck.test[0] !== "NONE";
    if (checked || hostConfig.autoRemove || hostConfig.restartPolicy.name !== "no") return true;
  }
  return false;
}
