import type { ImageDefaults } from "@gantry/oci";

import type { ContainerConfig } from "../engine.ts";
import type { ContainerRecord } from "./container-record.ts";

/**
 * What containers of a new image take from it when nothing else is said: what the container was told, else what its own image
 * says.
 * @param asked goes before what the container has
 */
export function committedDefaults(
  { config, anonymousVolumes, mounts }: Pick<ContainerRecord, "config" | "anonymousVolumes" | "mounts">,
  image: ImageDefaults,
  asked: Partial<ContainerConfig> = {},
): ImageDefaults {
  const { user, workingDirectory, stopSignal, stopTimeout, healthcheck } = { ...config, ...defined(asked) };
  const anonymous = mounts.filter(({ type, source }) => type === "volume" && anonymousVolumes.includes(source));
  return {
    ...image,
    env: asked.env ?? config.env,
    entrypoint: asked.entrypoint ?? config.entrypoint,
    command: asked.command ?? config.command,
    labels: { ...config.labels, ...asked.labels },
    volumes: [...new Set([...image.volumes, ...anonymous.map(({ destination }) => destination)])],
    ...(user === "" ? {} : { user }),
    ...(workingDirectory === "" ? {} : { workingDirectory }),
    ...(stopSignal === "SIGTERM" && image.stopSignal === undefined ? {} : { stopSignal }),
    ...(stopTimeout === undefined ? {} : { stopTimeout }),
    ...(healthcheck === undefined ? {} : { healthcheck }),
  };
}

function defined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
