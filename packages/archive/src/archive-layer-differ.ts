import { mkdtemp, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { FileTree, LayerDiffer, Mounter, definePlugin, inject, plainDirectory } from "@gantry/core";
import type { AppliedLayer, CallOptions, Mount, TreeChange } from "@gantry/core";

import { applyLayer } from "./apply-layer.ts";
import { layerEntries, listChanges } from "./layer-encoder.ts";
import { overlayLayout } from "./overlay-layout.ts";
import type { OverlayLayout } from "./overlay-layout.ts";
import { OverlayStack } from "./overlay-stack.ts";
import { OverlayTarget } from "./overlay-target.ts";
import { PlainTarget } from "./plain-target.ts";
import { tarStream } from "./tar-writer.ts";
import type { LocatedEntry } from "./tree-archive-entry.ts";
import { overlayDifferences, treeDifferences } from "./tree-difference.ts";
import type { Difference } from "./tree-difference.ts";

/**
 * Layers of any driver whose mounts are binds or overlays, without mounting; of any other through a mount on a temporary
 * directory. Names and attribute values keep their bytes, times their nanoseconds.
 */
export class ArchiveLayerDiffer implements LayerDiffer {
  readonly #fileTree: FileTree;
  readonly #mounter: Mounter;

  constructor(@inject(FileTree) fileTree: FileTree, @inject(Mounter) mounter: Mounter) {
    this.#fileTree = fileTree;
    this.#mounter = mounter;
  }

  async apply(
    layer: AsyncIterable<Uint8Array>,
    mounts: readonly Mount[],
    options: CallOptions = {},
  ): Promise<AppliedLayer> {
    const overlay = overlayLayout(mounts);
    if (overlay?.upper !== undefined && (await this.#isEmpty(overlay.upper, options))) {
      return this.#applyTo(layer, overlay.upper, overlay, options);
    }
    const directory = plainDirectory(mounts);
    if (directory !== undefined) return this.#applyTo(layer, directory, undefined, options);
    await using mounted = await this.#mount(mounts, options);
    return await this.#applyTo(layer, mounted.path, undefined, options);
  }

  async *diff(
    lower: readonly Mount[] | undefined,
    upper: readonly Mount[],
    options: CallOptions = {},
  ): AsyncIterable<Uint8Array> {
    const differences = this.#differences(lower, upper, false, options);
    yield* tarStream(layerEntries(this.#fileTree, differences, options));
  }

  async *changes(
    lower: readonly Mount[] | undefined,
    upper: readonly Mount[],
    options: CallOptions = {},
  ): AsyncIterable<TreeChange> {
    yield* await listChanges(this.#differences(lower, upper, true, options));
  }

  async #isEmpty(directory: string, options: CallOptions): Promise<boolean> {
    for await (const { path } of this.#fileTree.walk(directory, options)) if (path !== "") return false;
    return true;
  }

  async #applyTo(
    layer: AsyncIterable<Uint8Array>,
    root: string,
    overlay: OverlayLayout | undefined,
    options: CallOptions,
  ): Promise<AppliedLayer> {
    const writer = await this.#fileTree.writer(root, options);
    try {
      const target = overlay
        ? new OverlayTarget(this.#fileTree, this.#stack(overlay, options), writer, options)
        : new PlainTarget(this.#fileTree, root, writer, options);
      const applied = await applyLayer(layer, target, (path) => writer.remove(path));
      await writer.close();
      return applied;
    } catch (thrown) {
      await writer.abort();
      throw thrown;
    }
  }

  #stack({ lowers, marks }: OverlayLayout, options: CallOptions): OverlayStack {
    return new OverlayStack(this.#fileTree, lowers, marks, options);
  }

  async *#differences(
    lower: readonly Mount[] | undefined,
    upper: readonly Mount[],
    expandOpaque: boolean,
    options: CallOptions,
  ): AsyncGenerator<Difference> {
    const fileTree = this.#fileTree;
    const layout = overlayLayout(upper);
    const [top, ...below] = layout ? [layout.upper ?? [], layout.lowers].flat() : [];
    if (layout && top !== undefined && sameList(below, stackedDirectories(lower))) {
      const stack = this.#stack({ ...layout, lowers: below }, options);
      yield* overlayDifferences({ fileTree, upper: top, lower: stack, expandOpaque, options });
      return;
    }
    await using lowerView = await this.#view(lower, options);
    await using upperView = await this.#view(upper, options);
    yield* treeDifferences(fileTree, lowerView.walk(), upperView.walk(), options);
  }

  /** A tree as its mounts would show it. */
  async #view(mounts: readonly Mount[] | undefined, options: CallOptions): Promise<View> {
    if (!mounts) return { walk: () => nothing(), [Symbol.asyncDispose]: () => Promise.resolve() };
    const layout = overlayLayout(mounts);
    if (layout) {
      const lowers = [layout.upper ?? [], layout.lowers].flat();
      const stack = this.#stack({ ...layout, lowers }, options);
      return { walk: () => stack.walk(), [Symbol.asyncDispose]: () => Promise.resolve() };
    }
    const directory = plainDirectory(mounts);
    if (directory !== undefined) {
      return { walk: () => this.#walk(directory, options), [Symbol.asyncDispose]: () => Promise.resolve() };
    }
    const mounted = await this.#mount(mounts, options);
    return {
      walk: () => this.#walk(mounted.path, options),
      [Symbol.asyncDispose]: () => mounted[Symbol.asyncDispose](),
    };
  }

  async *#walk(root: string, options: CallOptions): AsyncGenerator<LocatedEntry> {
    for await (const entry of this.#fileTree.walk(root, options)) yield { root, entry };
  }

  async #mount(mounts: readonly Mount[], options: CallOptions): Promise<AsyncDisposable & { path: string }> {
    const path = await mkdtemp(join(tmpdir(), "gantry-layer-"));
    try {
      await this.#mounter.mount(mounts, path, options);
    } catch (thrown) {
      await rmdir(path);
      throw thrown;
    }
    // Not with the caller's signal: an aborted call must unmount, too.
    const unmount = async () => {
      await this.#mounter.unmount(path);
      await rmdir(path);
    };
    return { path, [Symbol.asyncDispose]: unmount };
  }
}

interface View extends AsyncDisposable {
  walk(): AsyncIterable<LocatedEntry>;
}

async function* nothing(): AsyncGenerator<LocatedEntry> {}

/** The directories that a view stacks, top first; `undefined` when it is made some other way. */
function stackedDirectories(mounts: readonly Mount[] | undefined): readonly string[] | undefined {
  if (!mounts) return [];
  const directory = plainDirectory(mounts);
  if (directory !== undefined) return [directory];
  const layout = overlayLayout(mounts);
  return layout && [layout.upper ?? [], layout.lowers].flat();
}

function sameList(a: readonly string[], b: readonly string[] | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((item, index) => item === b[index]);
}

/** Provides {@link LayerDiffer} over the engine's `FileTree` and `Mounter`. */
export const layerDiffer = definePlugin({
  name: "@gantry/archive",
  provides: [LayerDiffer],
  requires: [FileTree, Mounter],
  register: (registrar) => registrar.singleton(LayerDiffer, ArchiveLayerDiffer),
});
