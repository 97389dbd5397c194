import type { DiskUsage, ImageDetails, ImageHistoryEntry, ImageSummary } from "@gantry/engine";
import type { ImageDefaults } from "@gantry/oci";

import { defined, nullIfEmpty } from "./defined.ts";
import { showHealthCheck } from "./health-check.ts";
import { unixSeconds } from "./times.ts";

/**
 * An image as `GET /images/json` lists it. @param usage bytes shared with other images and how many containers use it, where
 * that was asked for; `VirtualSize` went with 1.44
 */
export function listImage(
  image: ImageSummary,
  version: number,
  usage: { sharedBytes: number; containers: number } = { sharedBytes: -1, containers: -1 },
): object {
  return {
    Id: image.id,
    ParentId: image.parent ?? "",
    RepoTags: image.tags,
    RepoDigests: image.digests ?? [],
    Created: unixSeconds(image.createdAt),
    Size: image.size,
    SharedSize: usage.sharedBytes,
    ...(version < 44 ? { VirtualSize: image.size } : {}),
    Labels: Object.keys(image.labels).length === 0 ? null : image.labels,
    Containers: usage.containers,
  };
}

export function showImage(image: ImageDetails, storageDriver: string, version: number): object {
  const { record, configuration } = image;
  return {
    Id: record.id,
    RepoTags: image.tags,
    RepoDigests: image.digests,
    Parent: image.parent,
    Comment: configuration.history.at(-1)?.comment ?? "",
    ...defined({ Created: configuration.created }),
    ...(version < 45 ? { Container: "", ContainerConfig: showImageConfig(configuration.config, version) } : {}),
    DockerVersion: "",
    Author: configuration.author ?? "",
    Config: showImageConfig(configuration.config, version),
    Architecture: configuration.architecture,
    ...defined({ Variant: configuration.variant }),
    Os: configuration.os,
    Size: image.size,
    ...(version < 44 ? { VirtualSize: image.size } : {}),
    GraphDriver: { Data: null, Name: storageDriver },
    RootFS: { Type: "layers", Layers: configuration.diffIds },
    Metadata: { LastTagTime: "0001-01-01T00:00:00Z" },
  };
}

/** What a container takes from the image. Fields that only containers have are left out from 1.50 on. */
function showImageConfig(config: ImageDefaults, version: number): object {
  const set = (names: readonly string[]): object => Object.fromEntries(names.map((name) => [name, {}]));
  return {
    ...(version < 50 ? containerOnly : {}),
    User: config.user ?? "",
    ...(config.exposedPorts.length === 0 ? {} : { ExposedPorts: set(config.exposedPorts) }),
    Env: nullIfEmpty(config.env),
    Cmd: nullIfEmpty(config.command),
    ...(config.healthcheck && { Healthcheck: showHealthCheck(config.healthcheck, version) }),
    Volumes: config.volumes.length === 0 ? null : set(config.volumes),
    WorkingDir: config.workingDirectory ?? "",
    Entrypoint: nullIfEmpty(config.entrypoint),
    OnBuild: nullIfEmpty(config.onBuild ?? []),
    Labels: Object.keys(config.labels).length === 0 ? null : config.labels,
    ...defined({ StopSignal: config.stopSignal, StopTimeout: config.stopTimeout, Shell: config.shell }),
  };
}

const containerOnly = {
  Hostname: "",
  Domainname: "",
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Image: "",
};

export function showHistory(entry: ImageHistoryEntry): object {
  return {
    Id: entry.id,
    Created: unixSeconds(entry.createdAt),
    CreatedBy: entry.createdBy,
    Tags: nullIfEmpty(entry.tags),
    Size: entry.size,
    Comment: entry.comment,
  };
}

/** What a removal did: untagged names, then what is gone. */
export function showRemoved({
  untagged,
  deleted,
}: {
  untagged: readonly string[];
  deleted: readonly string[];
}): object[] {
  return [...untagged.map((Untagged) => ({ Untagged })), ...deleted.map((Deleted) => ({ Deleted }))];
}

/** How many images and how much each shares, by id. */
export function imageUsage({ images }: DiskUsage): ReadonlyMap<string, { sharedBytes: number; containers: number }> {
  return new Map(images.map(({ id, sharedBytes, containers }) => [id, { sharedBytes, containers }]));
}
