import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

import { EngineError, type ImageSource, type Lifecycled, Paths, type ResolveOptions, inject } from "@gantry/core";
import { parseReference } from "@gantry/oci";

import { makeBusyboxRoot } from "./busybox-root.ts";
import { makeDebianRoot } from "./debian-root.ts";
import { packLayer } from "./layer-file.ts";
import { MadeImage } from "./made-image.ts";
import type { MadeRoot } from "./made-root.ts";

type Recipe = (directory: string, options: ResolveOptions) => Promise<MadeRoot>;

const recipes: ReadonlyMap<string, Recipe> = new Map([
  ["base", makeDebianRoot],
  ["busybox", makeBusyboxRoot],
]);

/** Makes `base` and `busybox` on this machine, under `<dataRoot>/bootstrap`, which holds nothing that must last. */
export class BootstrapSource implements ImageSource, Lifecycled {
  readonly name = "bootstrap";
  readonly #directory: string;

  constructor(@inject(Paths) paths: Paths) {
    this.#directory = join(paths.dataRoot, "bootstrap");
  }

  /** Clears what an engine left that was killed. */
  async start(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  accepts(reference: string): boolean {
    return recipeName(reference) !== undefined;
  }

  async resolve(reference: string, options: ResolveOptions = {}): Promise<MadeImage> {
    const name = recipeName(reference);
    if (name === undefined) throw new EngineError("not-found", `${reference} is not made here: only base and busybox`);
    options.signal?.throwIfAborted();
    await mkdir(this.#directory, { recursive: true, mode: 0o711 });
    const directory = await mkdtemp(join(this.#directory, `${name}-`));
    try {
      return await makeImage(name, directory, options);
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }
}

async function makeImage(name: string, directory: string, options: ResolveOptions): Promise<MadeImage> {
  options.progress?.({ id: name, status: "Making it on this machine" });
  const made = await recipes.get(name)!(directory, options);
  options.progress?.({ id: name, status: "Packing" });
  const file = join(directory, "layer.tar");
  const packing = { time: made.time, apply: made.applyTime, signal: options.signal };
  const layer = await packLayer(made.directory, file, packing);
  await rm(made.directory, { recursive: true, force: true });
  return new MadeImage(made, layer, { directory, layer: file });
}

/** The name of the recipe for a reference such as `base`, `base:latest`, `docker.io/library/base:latest`. */
function recipeName(reference: string): string | undefined {
  try {
    const { domain, path, tag = "latest", digest } = parseReference(reference);
    const [library, name] = path.split("/");
    const official = domain === "docker.io" && library === "library" && tag === "latest" && digest === undefined;
    return official && name !== undefined && recipes.has(name) && path === `library/${name}` ? name : undefined;
  } catch {
    return undefined;
  }
}
