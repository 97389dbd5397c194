import { readFile } from "node:fs/promises";

import { EngineError, type Logger } from "@gantry/core";

const defaultGroup = "docker";

/**
 * The id of the group that may use the unix socket. @param name a name or a number; `undefined`: `docker`, where there is one
 * Errors: `invalid-argument` when a group that was named does not exist.
 */
export async function socketGroup(name: string | undefined, logger: Logger): Promise<number | undefined> {
  if (name !== undefined && /^\d+$/.test(name)) return Number(name);
  const wanted = name ?? defaultGroup;
  const text = await readFile("/etc/group", "utf8").catch(() => "");
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${wanted}:`));
  const id = Number(line?.split(":")[2] ?? Number.NaN);
  if (Number.isInteger(id)) return id;
  if (name !== undefined)
    throw new EngineError("invalid-argument", `group ${name} not found: make it, or name another`);
  logger.warn("there is no group docker: only root may use the socket");
  return undefined;
}
