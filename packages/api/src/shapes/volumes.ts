import type { Volume } from "@gantry/core";

/** @param usage bytes and users, as only the disk usage tells them */
export function showVolume(volume: Volume, usage?: { bytes: number; users: number }): object {
  const { labels, driverOptions } = volume;
  return {
    CreatedAt: `${volume.createdAt.toISOString().slice(0, 19)}Z`,
    Driver: "local",
    Labels: Object.keys(labels).length === 0 ? null : labels,
    Mountpoint: volume.mountpoint,
    Name: volume.name,
    Options: Object.keys(driverOptions).length === 0 ? null : driverOptions,
    Scope: "local",
    ...(usage === undefined ? {} : { UsageData: { Size: usage.bytes, RefCount: usage.users } }),
  };
}
