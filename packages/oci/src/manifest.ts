import { parseDigest } from "./digest.ts";
import type { Digest } from "./digest.ts";
import { FormatError } from "./format-error.ts";
import { JsonReader } from "./json-reader.ts";
import { isIndexType, isManifestType, mediaTypes } from "./media-types.ts";
import { readPlatform } from "./platform.ts";
import type { Platform } from "./platform.ts";

/** As in the OCI image specification, "Content Descriptors". */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  /** Bytes. */
  size: number;
  annotations?: Readonly<Record<string, string>>;
}

/** An image manifest of OCI or of Docker's version 2, schema 2: they differ in media types only. */
export interface ImageManifest {
  schemaVersion: 2;
  mediaType: string;
  config: Descriptor;
  /** From the lowest up. */
  layers: readonly Descriptor[];
  annotations?: Readonly<Record<string, string>>;
}

/** An OCI image index or a Docker manifest list. */
export interface ImageIndex {
  schemaVersion: 2;
  mediaType: string;
  manifests: readonly IndexEntry[];
}

export interface IndexEntry extends Descriptor {
  platform?: Platform;
}

/** Throws a {@link FormatError} that names the field. Schema 1, which no registry writes any more, is refused. */
export function parseManifest(content: Uint8Array | string): ImageManifest {
  const reader = JsonReader.parse(content, "image manifest");
  requireSchema(reader, "image manifest");
  const mediaType = reader.optionalString("mediaType") ?? mediaTypes.ociManifest;
  if (!isManifestType(mediaType)) throw new FormatError(`invalid image manifest: mediaType is "${mediaType}"`);
  const annotations = reader.optionalStringMap("annotations");
  return {
    schemaVersion: 2,
    mediaType,
    config: readDescriptor(reader.object("config")),
    layers: reader.objects("layers").map(readDescriptor),
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** Throws a {@link FormatError} that names the field. */
export function parseIndex(content: Uint8Array | string): ImageIndex {
  const reader = JsonReader.parse(content, "image index");
  requireSchema(reader, "image index");
  const mediaType = reader.optionalString("mediaType") ?? mediaTypes.ociIndex;
  if (!isIndexType(mediaType)) throw new FormatError(`invalid image index: mediaType is "${mediaType}"`);
  const manifests = reader.objects("manifests").map((entry) => {
    const platform = entry.optionalObject("platform");
    return { ...readDescriptor(entry), ...(platform === undefined ? {} : { platform: readPlatform(platform) }) };
  });
  return { schemaVersion: 2, mediaType, manifests };
}

function requireSchema(reader: JsonReader, what: string): void {
  const version = reader.size("schemaVersion");
  if (version !== 2) throw new FormatError(`invalid ${what}: schemaVersion ${version} is not supported`);
}

function readDescriptor(reader: JsonReader): Descriptor {
  const annotations = reader.optionalStringMap("annotations");
  return {
    mediaType: reader.string("mediaType"),
    digest: parseDigest(reader.string("digest")),
    size: reader.size("size"),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
