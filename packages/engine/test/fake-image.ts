import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";

import { EngineError, plainDirectory } from "@gantry/core";
import type { AppliedLayer, ContentDescriptor, ImageSource, LayerDiffer, Mount, ResolvedImage } from "@gantry/core";
import { digestOf, mediaTypes, noImageDefaults, serializeImageConfig } from "@gantry/oci";
import type { Digest, ImageDefaults } from "@gantry/oci";

/** Takes any bytes for a layer, and leaves them as one file, named by their digest. */
export class FakeDiffer implements LayerDiffer {
  applied = 0;

  async apply(layer: AsyncIterable<Uint8Array>, mounts: readonly Mount[]): Promise<AppliedLayer> {
    this.applied += 1;
    const chunks: Uint8Array[] = [];
    for await (const chunk of layer) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    if (bytes.includes("broken")) throw new EngineError("invalid-argument", "broken layer");
    const diffId = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    await writeFile(path.join(plainDirectory(mounts)!, diffId.slice(7, 19)), bytes);
    return { diffId, size: bytes.length, contentSize: bytes.length, entries: 1 };
  }

  async *diff(): AsyncGenerator<Uint8Array> {}

  async *changes(): AsyncGenerator<never> {}
}

export interface FakeImage {
  manifest: ContentDescriptor;
  id: Digest;
  contents: Map<string, Uint8Array>;
  layers: readonly string[];
}

export function fakeImage(layers: readonly string[], defaults: Partial<ImageDefaults> = {}): FakeImage {
  const contents = new Map<string, Uint8Array>();
  const store = (mediaType: string, text: string): ContentDescriptor & { digest: Digest } => {
    const digest = digestOf(text);
    contents.set(digest, Buffer.from(text));
    return { mediaType, digest, size: Buffer.byteLength(text) };
  };
  const descriptors = layers.map((text) => store(mediaTypes.ociLayer, text));
  const config = store(
    mediaTypes.ociConfig,
    serializeImageConfig({
      os: "linux",
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      created: "2026-01-01T00:00:00Z",
      config: { ...noImageDefaults, command: ["sh"], ...defaults },
      diffIds: layers.map((text) => digestOf(text)),
      history: [],
    }),
  );
  const manifest = store(
    mediaTypes.ociManifest,
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: descriptors }),
  );
  return { manifest, id: config.digest, contents, layers: descriptors.map(({ digest }) => digest) };
}

/** Has images by the name that a user types. */
export class FakeSource implements ImageSource {
  readonly name = "fake";
  readonly images = new Map<string, FakeImage>();
  open = 0;
  fetched: string[] = [];
  /** Called before each fetch. */
  onFetch: (digest: string, offset: number) => void = () => {};

  accepts(reference: string): boolean {
    return this.images.has(reference);
  }

  async resolve(reference: string): Promise<ResolvedImage> {
    const image = this.images.get(reference)!;
    this.open += 1;
    // oxlint-disable-next-line typescript/no-this-alias -- the generator below has its own
    const source = this;
    return {
      manifest: image.manifest,
      async *fetch({ digest }, { offset = 0 } = {}) {
        source.onFetch(digest, offset);
        source.fetched.push(digest);
        const bytes = image.contents.get(digest)!;
        for (let start = offset; start < bytes.length; start += 4) yield bytes.subarray(start, start + 4);
      },
      close: async () => void (source.open -= 1),
    };
  }
}
