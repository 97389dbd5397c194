import type { ImageDetails, ImageHistoryEntry, ImageSummary } from "@gantry/engine";

import { timeOf } from "../wire/timestamps.ts";
import type { ConfigJson } from "./container-json.ts";
import { defined } from "./defined.ts";

const none = "<none>";

/** An element of `GET /images/json`, as far as it is read. */
export interface ImageListJson {
  Id: string;
  RepoTags?: readonly string[] | null;
  Created?: number;
  Size?: number;
  Labels?: Record<string, string> | null;
  SharedSize?: number;
  Containers?: number;
}

/** `GET /images/{name}/json`, as far as it is read. */
export interface ImageJson {
  Id: string;
  RepoTags?: readonly string[] | null;
  RepoDigests?: readonly string[] | null;
  Parent?: string;
  Created?: string;
  Author?: string;
  Architecture?: string;
  Os?: string;
  Variant?: string;
  Size?: number;
  Config?: (ConfigJson & { OnBuild?: readonly string[] | null }) | null;
  RootFS?: { Layers?: readonly string[] | null };
}

/** An element of `GET /images/{name}/history`. */
export interface HistoryJson {
  Id?: string;
  Created?: number;
  CreatedBy?: string;
  Comment?: string;
  Tags?: readonly string[] | null;
  Size?: number;
}

export function imageSummary(json: ImageListJson): ImageSummary {
  return {
    id: json.Id,
    tags: names(json.RepoTags),
    createdAt: timeOf(json.Created),
    size: json.Size ?? 0,
    labels: json.Labels ?? {},
  };
}

/** What only the engine's own store knows of an image, its manifests and blobs, is empty. */
export function imageDetails(json: ImageJson): ImageDetails {
  const defaults = imageDefaults(json.Config ?? {});
  const architecture = json.Architecture ?? "";
  const createdAt = json.Created ?? "";
  return {
    record: { id: json.Id, manifestDigests: [], createdAt, architecture, defaults, layers: [] },
    configuration: {
      os: json.Os ?? "",
      architecture,
      config: defaults,
      diffIds: (json.RootFS?.Layers ?? []) as ImageDetails["configuration"]["diffIds"],
      history: [],
      ...defined({ created: json.Created, author: json.Author || undefined, variant: json.Variant || undefined }),
    },
    tags: names(json.RepoTags),
    digests: names(json.RepoDigests),
    parent: json.Parent ?? "",
    size: json.Size ?? 0,
  };
}

function imageDefaults(json: NonNullable<ImageJson["Config"]>): ImageDetails["record"]["defaults"] {
  return {
    env: json.Env ?? [],
    entrypoint: json.Entrypoint ?? [],
    command: json.Cmd ?? [],
    labels: json.Labels ?? {},
    volumes: Object.keys(json.Volumes ?? {}),
    exposedPorts: Object.keys(json.ExposedPorts ?? {}),
    ...defined({
      user: json.User || undefined,
      workingDirectory: json.WorkingDir || undefined,
      stopSignal: json.StopSignal || undefined,
      stopTimeout: json.StopTimeout,
      shell: json.Shell ?? undefined,
      onBuild: json.OnBuild ?? undefined,
    }),
  };
}

export function historyEntry(json: HistoryJson): ImageHistoryEntry {
  return {
    id: json.Id ?? "<missing>",
    createdAt: timeOf(json.Created),
    createdBy: json.CreatedBy ?? "",
    comment: json.Comment ?? "",
    tags: json.Tags ?? [],
    size: json.Size ?? 0,
  };
}

/** Old servers write down that there is no name. */
function names(list: readonly string[] | null | undefined): readonly string[] {
  return (list ?? []).filter((name) => !name.startsWith(none));
}
