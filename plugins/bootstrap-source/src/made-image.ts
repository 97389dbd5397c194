import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { arch } from "node:process";

import { type ContentDescriptor, EngineError, type FetchOptions, type ResolvedImage } from "@gantry/core";
import {
  type Descriptor,
  type ImageConfig,
  digestOf,
  mediaTypes,
  noImageDefaults,
  serializeImageConfig,
} from "@gantry/oci";

import type { MadeRoot } from "./made-root.ts";

const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64", riscv64: "riscv64" };

/** An image of one layer in a file; `close` removes the directory that holds it. */
export class MadeImage implements ResolvedImage {
  readonly manifest: ContentDescriptor;
  readonly #documents: ReadonlyMap<string, Uint8Array>;
  readonly #layer: ContentDescriptor;
  readonly #directory: string;
  readonly #layerFile: string;

  constructor(made: MadeRoot, layer: Descriptor, files: { directory: string; layer: string }) {
    const config = document(serializeImageConfig(configOf(made, layer)), mediaTypes.ociConfig);
    const manifest = document(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        config: config.descriptor,
        layers: [layer],
      }),
      mediaTypes.ociManifest,
    );
    this.manifest = manifest.descriptor;
    this.#documents = new Map([config, manifest].map(({ descriptor, content }) => [descriptor.digest, content]));
    this.#layer = layer;
    this.#directory = files.directory;
    this.#layerFile = files.layer;
  }

  async *fetch(descriptor: ContentDescriptor, options: FetchOptions = {}): AsyncIterable<Uint8Array> {
    const { offset = 0, signal } = options;
    const content = this.#documents.get(descriptor.digest);
    if (content !== undefined) yield content.subarray(offset);
    else if (descriptor.digest === this.#layer.digest) {
      yield* createReadStream(this.#layerFile, { start: offset, signal, highWaterMark: 1 << 20 });
    } else throw new EngineError("not-found", `this image has no content ${descriptor.digest}`);
  }

  async close(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function configOf(made: MadeRoot, layer: Descriptor): ImageConfig {
  const created = new Date(made.time * 1000).toISOString();
  return {
    os: "linux",
    architecture: architectures[arch] ?? arch,
    created,
    config: { ...noImageDefaults, ...made.defaults },
    diffIds: [layer.digest],
    history: [{ created, createdBy: made.createdBy }],
  };
}

function document(text: string, mediaType: string): { descriptor: ContentDescriptor; content: Uint8Array } {
  const content = new TextEncoder().encode(text);
  return { descriptor: { mediaType, digest: digestOf(content), size: content.length }, content };
}
