import { detectCompression } from "@gantry/archive";
import { EngineError } from "@gantry/core";
import { mediaTypes } from "@gantry/oci";
import type { Descriptor, Digest } from "@gantry/oci";

import { invalidArgument } from "../engine-errors.ts";
import type { ArchivedImage } from "./archived-image.ts";
import { canonicalName } from "./canonical-name.ts";
import type { ImageArchive } from "./image-archive.ts";
import { manifestOf } from "./image-writer.ts";
import { layerTypes } from "./layer-importer.ts";

/** Bytes that tell every compression. */
const longestMagic = 6;

/** One element of `manifest.json`. */
interface DockerManifest {
  config: string;
  layers: readonly string[];
  /** Canonical. */
  names: readonly string[];
}

/** The images of an archive as `docker save` writes it, with layers in directories of their own or as blobs. */
export async function dockerArchiveImages(archive: ImageArchive): Promise<readonly ArchivedImage[]> {
  const images: ArchivedImage[] = [];
  for (const { config, layers, names } of await dockerManifests(archive)) {
    const configDigest = archive.digest(config);
    const blobs: Descriptor[] = [];
    for (const name of layers) blobs.push(await describeLayer(archive, name));
    const size = (await archive.size(configDigest)) ?? 0;
    const { manifest, document } = manifestOf({ mediaType: mediaTypes.ociConfig, digest: configDigest, size }, blobs);
    await archive.add(manifest, document);
    images.push({
      config: await archive.document(config),
      configDigest,
      manifestDigest: manifest.digest,
      layers: blobs.map(({ digest }) => digest),
      names,
    });
  }
  return images;
}

/** What `manifest.json` says. Errors: `invalid-argument`. */
export async function dockerManifests(archive: ImageArchive): Promise<readonly DockerManifest[]> {
  const value = await archive.json("manifest.json");
  if (!Array.isArray(value)) throw malformed();
  return value.map((item: unknown): DockerManifest => {
    const { Config, Layers, RepoTags } = (item ?? {}) as Record<string, unknown>;
    const layers = Layers ?? [];
    const tags = RepoTags ?? [];
    if (typeof Config !== "string" || !isStrings(layers) || !isStrings(tags)) throw malformed();
    return { config: Config, layers, names: tags.map(canonicalName) };
  });
}

async function describeLayer(archive: ImageArchive, name: string): Promise<Descriptor> {
  const digest: Digest = archive.digest(name);
  const compression = detectCompression(await archive.start(digest, longestMagic));
  if (compression === "bzip2" || compression === "xz") {
    throw new EngineError("unsupported", `layer ${name} is compressed with ${compression}: use tar, gzip or zstd`);
  }
  return { mediaType: layerTypes[compression], digest, size: (await archive.size(digest)) ?? 0 };
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function malformed(): Error {
  return invalidArgument("manifest.json of the archive is malformed", { path: "manifest.json" });
}
