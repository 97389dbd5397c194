import { EngineError, isEngineError } from "@gantry/core";
import type { CallOptions, FileTree, Mount } from "@gantry/core";

import type { HostMounts } from "./host-mounts.ts";

/** Larger user files are not read: nothing that a container controls may fill the engine's memory. */
const maximumFileSize = 16 * 1024 * 1024;

/**
 * Looks into a container's root from outside. Small files of an overlay are found by going through its layers, which costs
 * no mount; anything else is mounted beneath the run-time directory for as long as it is looked at.
 */
export class RootFiles {
  readonly #tree: FileTree | undefined;
  readonly #mounts: HostMounts;

  constructor(tree: FileTree | undefined, mounts: HostMounts) {
    this.#tree = tree;
    this.#mounts = mounts;
  }

  /**
   * The texts of files in `directory`, in order; an absent file is `""`.
   * Errors: `unsupported` when no plugin can look into the root.
   */
  async readTexts(
    mounts: readonly Mount[],
    directory: string,
    names: readonly string[],
    call: CallOptions = {},
  ): Promise<readonly string[]> {
    const tree = this.#requireTree();
    const layers = overlayLayers(mounts);
    if (layers === undefined) {
      return this.withDirectory(mounts, (root) =>
        Promise.all(names.map((name) => readText(tree, root, `${directory}/${name}`, call))),
      );
    }
    return Promise.all(names.map((name) => readThroughLayers(tree, layers, directory, name, call)));
  }

  /** Gives `work` a host directory that shows the root. */
  async withDirectory<T>(mounts: readonly Mount[], work: (root: string) => Promise<T>): Promise<T> {
    await using root = await this.#mounts.look(mounts);
    return await work(root.path);
  }

  #requireTree(): FileTree {
    if (this.#tree === undefined) throw new EngineError("unsupported", treeMissing, { details: { token: "FileTree" } });
    return this.#tree;
  }
}

const treeMissing =
  "cannot look into a container's root: no plugin provides FileTree; use a numeric user and no volumes";

/** The directories of one overlay mount from the uppermost down, or `undefined` for any other list. */
function overlayLayers(mounts: readonly Mount[]): readonly string[] | undefined {
  const [mount, ...others] = mounts;
  if (mount?.type !== "overlay" || others.length > 0) return undefined;
  const option = (name: string): string | undefined =>
    mount.options.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1);
  const lower = (option("lowerdir") ?? "").split(/(?<!\\):/).filter(Boolean);
  return [option("upperdir") ?? "", ...lower].filter(Boolean).map((directory) => directory.replaceAll(/\\(.)/g, "$1"));
}

async function readThroughLayers(
  tree: FileTree,
  layers: readonly string[],
  directory: string,
  name: string,
  call: CallOptions,
): Promise<string> {
  for (const layer of layers) {
    const entry = await tree.lookup(layer, `${directory}/${name}`, call);
    if (entry !== undefined) return readText(tree, layer, `${directory}/${name}`, call);
    const parent = await tree.lookup(layer, directory, call);
    // A whiteout or an opaque directory hides whatever lies below.
    if (parent !== undefined && (parent.type !== "directory" || isOpaque(parent.xattrs))) return "";
  }
  return "";
}

function isOpaque(xattrs: ReadonlyMap<string, Uint8Array>): boolean {
  const value = xattrs.get("trusted.overlay.opaque") ?? xattrs.get("user.overlay.opaque");
  return value?.[0] === "y".charCodeAt(0);
}

async function readText(tree: FileTree, root: string, file: string, call: CallOptions): Promise<string> {
  const entry = await tree.lookup(root, file, call);
  if (entry?.type !== "file" && entry?.type !== "symlink") return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of tree.read(root, file, call)) {
      size += chunk.length;
      if (size > maximumFileSize) {
        throw new EngineError("invalid-argument", `/${file} of the container is larger than ${maximumFileSize} bytes`);
      }
      chunks.push(chunk);
    }
  } catch (thrown) {
    // A link to nowhere.
    if (entry.type === "symlink" && isEngineError(thrown, "not-found")) return "";
    throw thrown;
  }
  return Buffer.concat(chunks).toString("utf8");
}
