import type { Volume } from "@gantry/core";
import type { DiskUsage, EngineInfo } from "@gantry/engine";

import { type ImageListJson, imageSummary } from "./image-shapes.ts";

/** `GET /info`, as far as it is read. */
export interface InfoJson {
  ServerVersion?: string;
  Containers?: number;
  ContainersRunning?: number;
  ContainersPaused?: number;
  ContainersStopped?: number;
  Images?: number;
  Driver?: string;
  /** This engine's own; others tell of a runtime. */
  IsolationBackend?: string;
  DefaultRuntime?: string;
  CgroupDriver?: string;
  CgroupVersion?: string;
  DockerRootDir?: string;
  Warnings?: readonly string[] | null;
}

export interface VolumeJson {
  Name: string;
  CreatedAt?: string;
  Mountpoint?: string;
  Labels?: Record<string, string> | null;
  Options?: Record<string, string> | null;
  UsageData?: { Size?: number; RefCount?: number } | null;
}

/** `GET /system/df`, as far as it is read. */
export interface DiskUsageJson {
  LayersSize?: number;
  Images?: readonly ImageListJson[] | null;
  Containers?: readonly { Id: string; SizeRw?: number; SizeRootFs?: number }[] | null;
  Volumes?: readonly VolumeJson[] | null;
}

export function engineInfo(json: InfoJson): EngineInfo {
  const version = Number(json.CgroupVersion ?? 0);
  return {
    version: json.ServerVersion ?? "",
    containers: {
      total: json.Containers ?? 0,
      running: json.ContainersRunning ?? 0,
      paused: json.ContainersPaused ?? 0,
      stopped: json.ContainersStopped ?? 0,
    },
    images: json.Images ?? 0,
    storageDriver: json.Driver ?? "",
    isolationBackend: json.IsolationBackend ?? json.DefaultRuntime ?? "",
    limiter: version > 0 ? { name: json.CgroupDriver ?? "cgroup", version } : undefined,
    dataRoot: json.DockerRootDir ?? "",
    warnings: json.Warnings ?? [],
  };
}

export function volume(json: VolumeJson): Volume {
  return {
    name: json.Name,
    createdAt: new Date(json.CreatedAt ?? 0),
    mountpoint: json.Mountpoint ?? "",
    labels: json.Labels ?? {},
    driverOptions: json.Options ?? {},
    // The API does not tell.
    empty: false,
  };
}

export function diskUsage(json: DiskUsageJson): DiskUsage {
  return {
    layerBytes: json.LayersSize ?? 0,
    images: (json.Images ?? []).map((image) => ({
      ...imageSummary(image),
      sharedBytes: Math.max(0, image.SharedSize ?? 0),
      containers: Math.max(0, image.Containers ?? 0),
    })),
    containers: (json.Containers ?? []).map(({ Id, SizeRw = 0, SizeRootFs = 0 }) => ({
      id: Id,
      writableBytes: SizeRw,
      rootBytes: SizeRootFs,
    })),
    volumes: (json.Volumes ?? []).map(({ Name, UsageData }) => ({
      name: Name,
      bytes: Math.max(0, UsageData?.Size ?? 0),
      users: Math.max(0, UsageData?.RefCount ?? 0),
    })),
  };
}
