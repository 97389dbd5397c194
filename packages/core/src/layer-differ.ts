import type { CallOptions } from "./call-options.ts";
import type { Mount } from "./mounter.ts";
import { token } from "./token.ts";

/**
 * Turns layers into file systems and back.
 *
 * A *layer* is a tar stream of the entries that differ from the layers below it. A file `.wh.NAME` (a *whiteout*) says
 * that NAME is deleted; a file `.wh..wh..opq` in a directory (an *opaque* mark) says that nothing of the directory's lower
 * content remains. Source: OCI image specification, "Image Layer Filesystem Changeset". The stream is uncompressed here;
 * its digest is the *diff id*.
 *
 * - `apply` writes a layer into the active snapshot that the mounts describe, whatever whiteout form its driver uses. It
 *   fails with `invalid-argument` naming the entry for a malformed or hostile archive, and never has an effect outside.
 * - `diff` streams the layer that leads from lower to upper; equal trees give a layer without entries. The same pair of
 *   trees gives the same bytes every time.
 * - `changes` yields the same difference as a list, in byte order of the paths. A directory is `modified` when its own
 *   metadata differ or an entry was added or removed in it, as `docker diff` shows it.
 */
export interface LayerDiffer {
  apply(layer: AsyncIterable<Uint8Array>, mounts: readonly Mount[], options?: CallOptions): Promise<AppliedLayer>;
  diff(lower: readonly Mount[] | undefined, upper: readonly Mount[], options?: CallOptions): AsyncIterable<Uint8Array>;
  changes(
    lower: readonly Mount[] | undefined,
    upper: readonly Mount[],
    options?: CallOptions,
  ): AsyncIterable<TreeChange>;
}
export const LayerDiffer = token<LayerDiffer>("LayerDiffer");

export interface AppliedLayer {
  /** `sha256:…` of the uncompressed stream. */
  diffId: string;
  /** Bytes of the uncompressed stream. */
  size: number;
  /** Bytes of the regular files it holds. */
  contentSize: number;
  entries: number;
}

export interface TreeChange {
  kind: "added" | "modified" | "deleted";
  /** Absolute within the root: `/etc/hosts`. */
  path: string;
}
