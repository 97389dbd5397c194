import {
  formatPlatform,
  isIndexType,
  isManifestType,
  layerCompression,
  parseIndex,
  parseManifest,
  platformOf,
  selectPlatform,
} from "@gantry/oci";
import type { Digest, IndexEntry } from "@gantry/oci";

import { invalidArgument, parsed } from "../engine-errors.ts";
import type { ArchivedImage } from "./archived-image.ts";
import { canonicalName } from "./canonical-name.ts";
import { dockerManifests } from "./docker-archive.ts";
import { blobName } from "./image-archive.ts";
import type { ImageArchive } from "./image-archive.ts";

/** An index within an index within an index is nobody's intent. */
const maximumDepth = 4;

/** The images of an OCI layout. Names come from the annotations of its index, and from `manifest.json` where there is one, too. */
export async function ociLayoutImages(archive: ImageArchive): Promise<readonly ArchivedImage[]> {
  const index = await archive.document("index.json");
  const images = new Map<Digest, ArchivedImage>();
  for (const entry of parsed(() => parseIndex(index)).manifests) {
    if (entry.platform?.os === "unknown") continue;
    const digest = await manifestFor(archive, entry, 0);
    const names = namesOf(entry);
    const known = images.get(digest);
    if (known === undefined) images.set(digest, await describe(archive, digest, names));
    else images.set(digest, { ...known, names: union(known.names, names) });
  }
  const tagged = archive.has("manifest.json") ? await dockerManifests(archive) : [];
  return [...images.values()].map((image) => {
    const same = tagged.filter(({ config }) => archive.has(config) && archive.digest(config) === image.configDigest);
    return {
      ...image,
      names: union(
        image.names,
        same.flatMap(({ names }) => names),
      ),
    };
  });
}

/** Through indexes to the manifest for this machine. */
async function manifestFor(archive: ImageArchive, entry: IndexEntry, depth: number): Promise<Digest> {
  if (isManifestType(entry.mediaType)) return entry.digest;
  if (!isIndexType(entry.mediaType)) throw invalidArgument(`the archive holds a ${entry.mediaType}, which is no image`);
  if (depth >= maximumDepth) throw invalidArgument("the archive's indexes lead to one another");
  const document = await archive.document(blobName(entry.digest));
  const { manifests } = parsed(() => parseIndex(document));
  const wanted = platformOf(process.arch);
  const chosen = selectPlatform(manifests, wanted) ?? (manifests.length === 1 ? manifests[0] : undefined);
  if (chosen === undefined) throw invalidArgument(`the archive holds no image for ${formatPlatform(wanted)}`);
  return manifestFor(archive, chosen, depth + 1);
}

async function describe(archive: ImageArchive, digest: Digest, names: readonly string[]): Promise<ArchivedImage> {
  const document = await archive.document(blobName(digest));
  const manifest = parsed(() => parseManifest(document));
  for (const { mediaType } of manifest.layers) parsed(() => layerCompression(mediaType));
  return {
    config: await archive.document(blobName(manifest.config.digest)),
    configDigest: manifest.config.digest,
    manifestDigest: digest,
    layers: manifest.layers.map((layer) => archive.digest(blobName(layer.digest))),
    names,
  };
}

/** A bare tag is the name of nothing; a whole reference names an image. */
function namesOf({ annotations = {} }: IndexEntry): readonly string[] {
  const name = annotations["io.containerd.image.name"] ?? annotations["org.opencontainers.image.ref.name"] ?? "";
  return /[:/]/.test(name) ? [canonicalName(name)] : [];
}

function union(left: readonly string[], right: readonly string[]): readonly string[] {
  return [...new Set([...left, ...right])];
}
