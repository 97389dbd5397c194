import type { CallOptions, IsolatedContainer, LayerDiffer } from "@gantry/core";
import { chainIds, digestOf, mediaTypes, parseDigest } from "@gantry/oci";
import type { Descriptor, Digest, HistoryEntry, ImageConfig, ImageDefaults } from "@gantry/oci";

import { conflict, notFound } from "../engine-errors.ts";
import type { ContainerEvents } from "../events/container-events.ts";
import type { CommitOptions } from "../face/container-verbs.ts";
import type { ContainerFiles } from "../files/container-files.ts";
import { applyChanges } from "../images/changes/apply-changes.ts";
import type { ImageCatalog } from "../images/image-catalog.ts";
import type { ImageContents } from "../images/image-contents.ts";
import { blobsOf } from "../images/image-garbage.ts";
import type { ImageGarbage } from "../images/image-garbage.ts";
import type { ImageRecord } from "../images/image-record.ts";
import type { ImageWriter, NewImage } from "../images/image-writer.ts";
import { canonicalName } from "../images/canonical-name.ts";
import type { LayerUnpacker } from "../images/layer-unpacker.ts";
import { readConfig, readManifest } from "../images/read-image.ts";
import { now, timestamp } from "../timestamps.ts";
import { committedDefaults } from "./committed-defaults.ts";
import type { ContainerLifecycle } from "./container-lifecycle.ts";
import type { ContainerRecord } from "./container-record.ts";
import type { ContainerStore } from "./container-store.ts";

export interface ContainerCommitterParts {
  store: ContainerStore;
  lifecycle: ContainerLifecycle;
  files: ContainerFiles;
  differ: LayerDiffer;
  catalog: ImageCatalog;
  contents: ImageContents;
  unpacker: LayerUnpacker;
  writer: ImageWriter;
  garbage: ImageGarbage;
  events: ContainerEvents;
}

/** The digest of a layer that says nothing: an end marker alone. */
const emptyLayer = digestOf(new Uint8Array(1024));

/** Makes images of what containers have changed. */
export class ContainerCommitter {
  readonly #parts: ContainerCommitterParts;

  constructor(parts: ContainerCommitterParts) {
    this.#parts = parts;
  }

  async commit(container: ContainerRecord, options: CommitOptions = {}): Promise<{ id: string }> {
    const call: CallOptions = options.signal === undefined ? {} : { signal: options.signal };
    const { catalog, contents, writer, garbage, events } = this.#parts;
    const base = catalog.get(container.imageId);
    if (base === undefined) throw notFound(`No such image: ${container.imageId}`, { image: container.imageId });
    const name = options.reference ? canonicalName(options.reference) : undefined;
    const defaults = applyChanges(committedDefaults(container, base.defaults, options.config), options.changes ?? []);
    // What the image is made of stays, even if somebody removes it meanwhile.
    const pins = [contents.pin([...blobsOf(base), ...base.layers.map(({ chainId }) => chainId)])];
    try {
      const before = await this.#describe(base, call);
      const layer = await this.#snapshot(container, options.pause ?? true, pins, call);
      const added = layer.digest === emptyLayer ? undefined : await this.#unpack(before, layer, pins, call);
      const config = newConfig(before.config, defaults, container, options, added && layer.digest);
      const layers = [...before.layers, ...(added === undefined ? [] : [added])];
      const { id } = await writer.write({ config, layers, parent: base.id, name }, call);
      events.emit(container, "commit", {
        comment: options.message ?? "",
        imageID: id,
        imageRef: options.reference ?? "",
      });
      return { id };
    } catch (thrown) {
      release(pins);
      await garbage.sweep();
      throw thrown;
    } finally {
      release(pins);
    }
  }

  async #describe(base: ImageRecord, call: CallOptions): Promise<Pick<NewImage, "config" | "layers">> {
    const { contents } = this.#parts;
    const [manifest, config] = await Promise.all([
      readManifest(contents, base, call),
      readConfig(contents, base, call),
    ]);
    return { config, layers: base.layers.map((layer, index) => ({ blob: manifest.layers[index]!, layer })) };
  }

  /** Stores what the container has changed, as one layer. Nothing starts, ends or changes it meanwhile. */
  async #snapshot(
    { id }: ContainerRecord,
    pause: boolean,
    pins: (() => void)[],
    call: CallOptions,
  ): Promise<Descriptor> {
    const { lifecycle, contents, files, differ } = this.#parts;
    let stored: Descriptor | undefined;
    await lifecycle.change(id, async (container) => {
      const { status } = container.state;
      if (status === "removing") throw conflict(`You cannot commit container ${id} which is being removed`);
      if (status === "dead") throw conflict(`You cannot commit container ${id} which is Dead`);
      await using both = await files.trees(container, call);
      const store = async (): Promise<void> => {
        const layer = await contents.storeNew(differ.diff(both.lower, both.upper, call), call);
        pins.push(layer.unpin);
        stored = { mediaType: mediaTypes.ociLayer, digest: parseDigest(layer.digest), size: layer.size };
      };
      await (pause ? this.#frozen(container, store) : store());
    });
    if (stored === undefined) throw notFound(`No such container: ${id}`, { container: id });
    return stored;
  }

  /** Holds a running container still. Its record says so: an engine that finds it frozen lets it go on. */
  async #frozen(container: ContainerRecord, work: () => Promise<void>): Promise<void> {
    const { store, lifecycle } = this.#parts;
    const run = lifecycle.running(container.id);
    if (run === undefined || container.state.status === "paused") return work();
    const marked = container.pending === undefined;
    if (marked) await store.put({ ...container, pending: "commit" });
    let held = false;
    try {
      held = await unlessStopped(run.isolated, () => run.isolated.pause());
      await work();
    } finally {
      if (held) await unlessStopped(run.isolated, () => run.isolated.resume());
      if (marked) await store.put(container);
    }
  }

  async #unpack(
    { config, layers }: Pick<NewImage, "config" | "layers">,
    blob: Descriptor,
    pins: (() => void)[],
    call: CallOptions,
  ): Promise<NewImage["layers"][number]> {
    const { contents, unpacker } = this.#parts;
    const chainId = chainIds([...config.diffIds, blob.digest]).at(-1)!;
    pins.push(contents.pin([chainId]));
    const content = (): AsyncIterable<Uint8Array> => contents.open(blob.digest, call);
    const made = { chainId, diffId: blob.digest, parent: layers.at(-1)?.layer.chainId };
    const size = (await unpacker.unpack(made, content, call)) ?? (await unpacker.knownSize(chainId, call));
    return { blob, layer: { chainId, digest: blob.digest, size } };
  }
}

/** False when its process has ended meanwhile: nothing is left that changes its files. */
async function unlessStopped(isolated: IsolatedContainer, act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (thrown) {
    if ((await isolated.state()) === "stopped") return false;
    throw thrown;
  }
}

function release(pins: (() => void)[]): void {
  for (const unpin of pins.splice(0)) unpin();
}

function newConfig(
  before: ImageConfig,
  defaults: ImageDefaults,
  container: ContainerRecord,
  { author, message }: CommitOptions,
  diffId: Digest | undefined,
): ImageConfig {
  const created = timestamp(now());
  const entry: HistoryEntry = {
    created,
    createdBy: container.config.command.join(" "),
    ...(author ? { author } : {}),
    ...(message ? { comment: message } : {}),
    ...(diffId === undefined ? { emptyLayer: true } : {}),
  };
  const { author: _author, ...platform } = before;
  return {
    ...platform,
    created,
    ...(author ? { author } : {}),
    config: defaults,
    diffIds: [...before.diffIds, ...(diffId === undefined ? [] : [diffId])],
    history: [...before.history, entry],
  };
}
