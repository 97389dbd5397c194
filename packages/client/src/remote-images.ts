import { type CallOptions, isEngineError } from "@gantry/core";
import type {
  Filters,
  ImageDetails,
  ImageHistoryEntry,
  ImageSummary,
  ImageVerbs,
  Images,
  ImportOptions,
  LoadOptions,
  LoadedImage,
  PrunedImages,
  PullOptions,
  RemoveImageOptions,
  RemovedImage,
} from "@gantry/engine";

import { splitReference } from "./image-reference.ts";
import { importChanges } from "./shapes/import-changes.ts";
import {
  type HistoryJson,
  type ImageJson,
  type ImageListJson,
  historyEntry,
  imageDetails,
  imageSummary,
} from "./shapes/image-shapes.ts";
import type { ApiClient } from "./wire/api-client.ts";
import { progressEvent, readProgress } from "./wire/progress-stream.ts";
import { filterParameter, imagePart } from "./wire/query-string.ts";

type DeletedJson = readonly { Untagged?: string; Deleted?: string }[] | null;

/** The images of an engine behind the API. */
export class RemoteImages implements Images, ImageVerbs {
  readonly #api: ApiClient;

  constructor(api: ApiClient) {
    this.#api = api;
  }

  async list(call?: CallOptions): Promise<readonly ImageSummary[]> {
    return (await this.#api.json<ImageListJson[]>({ method: "GET", path: "/images/json" }, call)).map(imageSummary);
  }

  async pull(reference: string, options: PullOptions = {}) {
    // Without a tag the API would pull every one.
    const { repository, tag = "latest" } = splitReference(reference);
    const query = { fromImage: repository, tag };
    const response = await this.#api.send({ method: "POST", path: "/images/create", query }, options);
    let digest = "";
    let upToDate = false;
    for await (const line of readProgress(response.body)) {
      const event = progressEvent(line);
      if (event === undefined) continue;
      digest = /^Digest: (\S+)/.exec(event.status)?.[1] ?? digest;
      upToDate ||= event.status.startsWith("Status: Image is up to date");
      options.progress?.(event);
    }
    return { id: (await this.#inspect(reference, options)).Id, digest, upToDate };
  }

  async importLayer(layer: AsyncIterable<Uint8Array>, options: ImportOptions = {}): Promise<{ id: string }> {
    const { repository, tag } = splitReference(options.name);
    const changes = [...importChanges(options.config ?? {}), ...(options.changes ?? [])];
    const query = { fromSrc: "-", repo: repository, tag, message: options.comment, changes };
    const headers = { "content-type": "application/x-tar" };
    const request = { method: "POST", path: "/images/create", query, headers, body: layer } as const;
    let id = "";
    for await (const { status } of readProgress((await this.#api.send(request, options)).body)) id = status ?? id;
    return { id };
  }

  async has(reference: string, call?: CallOptions): Promise<boolean> {
    try {
      await this.#inspect(reference, call);
      return true;
    } catch (thrown) {
      if (isEngineError(thrown, "not-found")) return false;
      throw thrown;
    }
  }

  async remove(
    reference: string,
    { force, noPrune }: RemoveImageOptions = {},
    call?: CallOptions,
  ): Promise<RemovedImage> {
    const query = { force, noprune: noPrune };
    const request = { method: "DELETE", path: imagePath(reference), query } as const;
    return removed(await this.#api.json<DeletedJson>(request, call));
  }

  async inspect(reference: string, call?: CallOptions): Promise<ImageDetails> {
    return imageDetails(await this.#inspect(reference, call));
  }

  async history(reference: string, call?: CallOptions): Promise<readonly ImageHistoryEntry[]> {
    const request = { method: "GET", path: `${imagePath(reference)}/history` } as const;
    return (await this.#api.json<HistoryJson[]>(request, call)).map(historyEntry);
  }

  async tag(reference: string, name: string, call?: CallOptions): Promise<void> {
    const { repository, tag } = splitReference(name);
    const query = { repo: repository, tag };
    await this.#api.run({ method: "POST", path: `${imagePath(reference)}/tag`, query }, call);
  }

  async *save(references: readonly string[], call?: CallOptions): AsyncGenerator<Uint8Array> {
    const request = { method: "GET", path: "/images/get", query: { names: references } } as const;
    yield* (await this.#api.send(request, call)).body;
  }

  async load(archive: AsyncIterable<Uint8Array>, options: LoadOptions = {}): Promise<readonly LoadedImage[]> {
    const query = { quiet: options.progress === undefined ? "1" : "0" };
    const headers = { "content-type": "application/x-tar" };
    const request = { method: "POST", path: "/images/load", query, headers, body: archive } as const;
    const loaded: string[] = [];
    for await (const line of readProgress((await this.#api.send(request, options)).body)) {
      const name = /^Loaded image(?: ID)?: (\S+)/.exec(line.stream ?? "")?.[1];
      if (name !== undefined) loaded.push(name);
      const event = progressEvent(line);
      if (event !== undefined) options.progress?.(event);
    }
    return Promise.all(
      loaded.map(async (name) => {
        const { Id } = await this.#inspect(name, options);
        return { id: Id, tags: name === Id ? [] : [name] };
      }),
    );
  }

  async prune(filters?: Filters, call?: CallOptions): Promise<PrunedImages> {
    const query = { filters: filterParameter(filters) };
    const pruned = await this.#api.json<{ ImagesDeleted?: DeletedJson; SpaceReclaimed?: number }>(
      { method: "POST", path: "/images/prune", query },
      call,
    );
    return { ...removed(pruned.ImagesDeleted ?? []), reclaimedBytes: pruned.SpaceReclaimed ?? 0 };
  }

  #inspect(reference: string, call?: CallOptions): Promise<ImageJson> {
    return this.#api.json({ method: "GET", path: `${imagePath(reference)}/json` }, call);
  }
}

function imagePath(reference: string): string {
  return `/images/${imagePart(reference)}`;
}

function removed(list: DeletedJson): RemovedImage {
  const entries = list ?? [];
  return {
    untagged: entries.flatMap(({ Untagged }) => Untagged ?? []),
    deleted: entries.flatMap(({ Deleted }) => Deleted ?? []),
  };
}
