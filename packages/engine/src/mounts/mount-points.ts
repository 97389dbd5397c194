import { randomBytes } from "node:crypto";

import { invalidArgument } from "../engine-errors.ts";
import type { HostConfig } from "../engine.ts";
import type { MountPoint } from "../containers/container-record.ts";
import { parseBind, parseTmpfs } from "./volume-spec.ts";

export interface MountPoints {
  mounts: readonly MountPoint[];
  /** Names made up for volumes without one. */
  anonymousVolumes: readonly string[];
}

/**
 * Everything that is mounted into a container besides its system mounts: `-v` and `--tmpfs`, and a fresh volume for
 * each directory that the image declares and nobody else covers.
 * Errors: `invalid-argument`; two mounts at one place.
 */
export function collectMountPoints(
  hostConfig: Pick<HostConfig, "binds" | "tmpfs">,
  imageVolumes: readonly string[],
): MountPoints {
  const asked = [
    ...hostConfig.binds.map(parseBind),
    ...Object.entries(hostConfig.tmpfs).map(([destination, options]) => parseTmpfs(destination, options)),
  ];
  const taken = new Set<string>();
  for (const { destination } of asked) {
    if (taken.has(destination)) throw invalidArgument(`Duplicate mount point: ${destination}`, { field: "binds" });
    taken.add(destination);
  }
  const declared = imageVolumes.map(parseBind).filter(({ destination }) => !taken.has(destination));
  const anonymousVolumes: string[] = [];
  const named = [...asked, ...declared].map((mount) => {
    if (mount.type !== "volume" || mount.source !== "") return mount;
    const name = randomBytes(32).toString("hex");
    anonymousVolumes.push(name);
    return { ...mount, source: name };
  });
  return { mounts: named, anonymousVolumes };
}
