import { parseDigest } from "./digest.ts";
import type { Digest } from "./digest.ts";
import { FormatError } from "./format-error.ts";
import { readHealthCheck, serializeHealthCheck } from "./health-check.ts";
import type { HealthCheck } from "./health-check.ts";
import { JsonReader } from "./json-reader.ts";
import { readPlatform } from "./platform.ts";
import type { Platform } from "./platform.ts";

/** An image configuration (OCI image specification, "Image Configuration"), in this program's own words. */
export interface ImageConfig extends Platform {
  /** RFC 3339. */
  created?: string;
  author?: string;
  config: ImageDefaults;
  /** Digests of the uncompressed layers, from the lowest up. */
  diffIds: readonly Digest[];
  history: readonly HistoryEntry[];
}

/** What a container takes from its image where it was not told otherwise. */
export interface ImageDefaults {
  user?: string;
  /** `NAME=value` each. */
  env: readonly string[];
  entrypoint: readonly string[];
  command: readonly string[];
  workingDirectory?: string;
  labels: Readonly<Record<string, string>>;
  /** Directories that are to be volumes. */
  volumes: readonly string[];
  /** `80/tcp` each. */
  exposedPorts: readonly string[];
  stopSignal?: string;
  /** Seconds. */
  stopTimeout?: number;
  healthcheck?: HealthCheck;
  /** What a shell form of `CMD`, `RUN` and `HEALTHCHECK` is given to; absent: `/bin/sh -c`. */
  shell?: readonly string[];
  /** Dockerfile instructions for images that are built on this one. */
  onBuild?: readonly string[];
  /** Windows only; kept for the sake of the image's digest. */
  argsEscaped?: boolean;
}

export interface HistoryEntry {
  created?: string;
  createdBy?: string;
  author?: string;
  comment?: string;
  emptyLayer?: boolean;
}

export const noImageDefaults: ImageDefaults = {
  env: [],
  entrypoint: [],
  command: [],
  labels: {},
  volumes: [],
  exposedPorts: [],
};

/** Throws a {@link FormatError} that names the field. Fields that this program does not use are left out. */
export function parseImageConfig(content: Uint8Array | string): ImageConfig {
  const reader = JsonReader.parse(content, "image configuration");
  const rootfs = reader.object("rootfs");
  if (rootfs.string("type") !== "layers")
    throw new FormatError("invalid image configuration: rootfs.type is not layers");
  const config = reader.optionalObject("config");
  return {
    ...readPlatform(reader),
    ...pick("created", reader.optionalString("created")),
    ...pick("author", reader.optionalString("author")),
    config: config === undefined ? noImageDefaults : readDefaults(config),
    diffIds: (rootfs.optionalStrings("diff_ids") ?? []).map(parseDigest),
    history: reader.objects("history").map(readHistory),
  };
}

function readDefaults(reader: JsonReader): ImageDefaults {
  return {
    ...pick("user", reader.optionalString("User")),
    env: reader.optionalStrings("Env") ?? [],
    entrypoint: reader.optionalStrings("Entrypoint") ?? [],
    command: reader.optionalStrings("Cmd") ?? [],
    ...pick("workingDirectory", reader.optionalString("WorkingDir")),
    labels: reader.optionalStringMap("Labels") ?? {},
    volumes: reader.optionalKeys("Volumes") ?? [],
    exposedPorts: reader.optionalKeys("ExposedPorts") ?? [],
    ...pick("stopSignal", reader.optionalString("StopSignal")),
    ...pick("stopTimeout", reader.optionalSize("StopTimeout")),
    ...pick("healthcheck", readHealthCheck(reader.optionalObject("Healthcheck"))),
    ...pick("shell", reader.optionalStrings("Shell")),
    ...pick("onBuild", reader.optionalStrings("OnBuild")),
    ...pick("argsEscaped", reader.optionalBoolean("ArgsEscaped")),
  };
}

function readHistory(reader: JsonReader): HistoryEntry {
  return {
    ...pick("created", reader.optionalString("created")),
    ...pick("createdBy", reader.optionalString("created_by")),
    ...pick("author", reader.optionalString("author")),
    ...pick("comment", reader.optionalString("comment")),
    ...pick("emptyLayer", reader.optionalBoolean("empty_layer")),
  };
}

function pick<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]: V });
}

/** The JSON document: what `parseImageConfig` reads back. The same configuration gives the same bytes. */
export function serializeImageConfig(image: ImageConfig): string {
  const { config } = image;
  return JSON.stringify({
    created: image.created,
    author: image.author,
    architecture: image.architecture,
    variant: image.variant,
    os: image.os,
    config: {
      User: config.user,
      ExposedPorts: setOf(config.exposedPorts),
      Env: listOf(config.env),
      Entrypoint: listOf(config.entrypoint),
      Cmd: listOf(config.command),
      Volumes: setOf(config.volumes),
      WorkingDir: config.workingDirectory,
      Labels: Object.keys(config.labels).length === 0 ? undefined : config.labels,
      StopSignal: config.stopSignal,
      StopTimeout: config.stopTimeout,
      Healthcheck: serializeHealthCheck(config.healthcheck),
      Shell: config.shell,
      OnBuild: config.onBuild,
      ArgsEscaped: config.argsEscaped,
    },
    rootfs: { type: "layers", diff_ids: image.diffIds },
    history: image.history.map((entry) => ({
      created: entry.created,
      created_by: entry.createdBy,
      author: entry.author,
      comment: entry.comment,
      empty_layer: entry.emptyLayer,
    })),
  });
}

function listOf(items: readonly string[]): readonly string[] | undefined {
  return items.length === 0 ? undefined : items;
}

function setOf(items: readonly string[]): Record<string, object> | undefined {
  return items.length === 0 ? undefined : Object.fromEntries(items.map((item) => [item, {}]));
}
