import { archiveEntry, tarStream } from "@gantry/archive";
import type { ArchiveEntry } from "@gantry/archive";
import type { CallOptions } from "@gantry/core";
import { encodedPart, familiarRepository, mediaTypes, parseReference } from "@gantry/oci";
import type { Descriptor, ImageManifest } from "@gantry/oci";

import { familiarName } from "./canonical-name.ts";
import type { ImageCatalog } from "./image-catalog.ts";
import type { ImageContents } from "./image-contents.ts";
import type { ImageRecord } from "./image-record.ts";
import { manifestOf } from "./image-writer.ts";
import { readManifest } from "./read-image.ts";

interface SavedImage {
  image: ImageRecord;
  /** Canonical, in order. */
  names: readonly string[];
  manifest: ImageManifest;
  descriptor: Descriptor;
  /** Where the manifest is not a stored one. */
  document: string | undefined;
}

/**
 * Writes images as one archive that is both an OCI layout and what `docker load` has always read. Blobs are as they are stored, so
 * digests stay what they are; an archive depends on its images only.
 */
export class ImageSaver {
  readonly #catalog: ImageCatalog;
  readonly #contents: ImageContents;

  constructor(catalog: ImageCatalog, contents: ImageContents) {
    this.#catalog = catalog;
    this.#contents = contents;
  }

  /** @param saved told the id of each image before anything is read */
  async *save(
    references: readonly string[],
    call: CallOptions = {},
    saved: (id: string) => void = () => {},
  ): AsyncGenerator<Uint8Array> {
    const wanted = this.#wanted(references);
    for (const { id } of wanted.keys()) saved(id);
    const unpin = this.#contents.pin(
      [...wanted.keys()].flatMap(({ id, manifestDigests, layers }) => [
        id,
        ...manifestDigests,
        ...layers.map(({ digest }) => digest),
      ]),
    );
    try {
      const images: SavedImage[] = [];
      for (const [image, names] of wanted) images.push(await this.#describe(image, [...names].toSorted(), call));
      yield* tarStream(this.#entries(images, call));
    } finally {
      unpin();
    }
  }

  /** A repository stands for all of its tags; an image that is meant by its id comes without a name. */
  #wanted(references: readonly string[]): ReadonlyMap<ImageRecord, ReadonlySet<string>> {
    const wanted = new Map<ImageRecord, Set<string>>();
    for (const reference of references) {
      const tagged = this.#catalog.namesIn(reference);
      for (const { image, name } of tagged.length > 0 ? tagged : [this.#catalog.find(reference)]) {
        const names = wanted.get(image) ?? new Set();
        if (name !== undefined && parseReference(name).tag !== undefined) names.add(name);
        wanted.set(image, names);
      }
    }
    return wanted;
  }

  async #describe(image: ImageRecord, names: readonly string[], call: CallOptions): Promise<SavedImage> {
    const manifest = await readManifest(this.#contents, image, call);
    if (manifest.mediaType === mediaTypes.ociManifest) {
      const digest = image.manifestDigests[0]! as Descriptor["digest"];
      const size = (await this.#contents.sizeOf(digest, call)) ?? 0;
      return {
        image,
        names,
        manifest,
        descriptor: { mediaType: mediaTypes.ociManifest, digest, size },
        document: undefined,
      };
    }
    // An OCI layout holds manifests of OCI: the same blobs under OCI's media types.
    const described = manifestOf(
      { ...manifest.config, mediaType: mediaTypes.ociConfig },
      manifest.layers.map((layer) => ({ ...layer, mediaType: ociLayerTypes[layer.mediaType] ?? layer.mediaType })),
    );
    return { image, names, manifest, descriptor: described.manifest, document: described.document };
  }

  async *#entries(images: readonly SavedImage[], call: CallOptions): AsyncGenerator<ArchiveEntry> {
    yield archiveEntry({ path: "blobs", type: "directory" });
    yield archiveEntry({ path: "blobs/sha256", type: "directory" });
    const written = new Set<string>();
    for (const { manifest, descriptor, document } of images) {
      for (const { digest, size } of [descriptor, manifest.config, ...manifest.layers]) {
        if (written.has(digest)) continue;
        written.add(digest);
        const inline = digest === descriptor.digest && document !== undefined;
        yield archiveEntry({
          path: blobPath(digest),
          ...(inline ? { content: document } : { size, content: this.#contents.open(digest, call) }),
        });
      }
    }
    yield jsonEntry("index.json", indexOf(images));
    yield jsonEntry("manifest.json", dockerManifest(images));
    yield jsonEntry("oci-layout", { imageLayoutVersion: "1.0.0" });
    const repositories = repositoriesOf(images);
    if (Object.keys(repositories).length > 0) yield jsonEntry("repositories", repositories);
  }
}

const ociLayerTypes: Readonly<Record<string, string>> = {
  [mediaTypes.dockerLayer]: mediaTypes.ociLayer,
  [mediaTypes.dockerLayerGzip]: mediaTypes.ociLayerGzip,
};

function blobPath(digest: string): string {
  return `blobs/sha256/${encodedPart(digest)}`;
}

function jsonEntry(path: string, value: unknown): ArchiveEntry {
  return archiveEntry({ path, content: JSON.stringify(value) });
}

/** One descriptor for each name. An image without a name has one without annotations. */
function indexOf(images: readonly SavedImage[]): object {
  const manifests = images.flatMap(({ names, descriptor }): Descriptor[] =>
    names.length === 0
      ? [descriptor]
      : names.map((name) => ({
          ...descriptor,
          annotations: {
            "io.containerd.image.name": name,
            "org.opencontainers.image.ref.name": parseReference(name).tag!,
          },
        })),
  );
  return { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests };
}

function dockerManifest(images: readonly SavedImage[]): readonly object[] {
  return images.map(({ names, manifest }) => ({
    Config: blobPath(manifest.config.digest),
    RepoTags: names.length === 0 ? null : names.map(familiarName),
    Layers: manifest.layers.map(({ digest }) => blobPath(digest)),
  }));
}

function repositoriesOf(images: readonly SavedImage[]): Record<string, Record<string, string>> {
  const repositories: Record<string, Record<string, string>> = {};
  for (const { names, manifest } of images) {
    const top = manifest.layers.at(-1);
    if (top === undefined) continue;
    for (const name of names) {
      const reference = parseReference(name);
      const tags = (repositories[familiarRepository(reference)] ??= {});
      tags[reference.tag!] = encodedPart(top.digest);
    }
  }
  return repositories;
}
