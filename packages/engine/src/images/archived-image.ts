import type { Digest } from "@gantry/oci";

/** An image as an archive brings it; its blobs are in the store by now, and pinned. */
export interface ArchivedImage {
  config: Uint8Array;
  configDigest: Digest;
  manifestDigest: string;
  /** Digests of the stored layers, from the lowest up. */
  layers: readonly string[];
  /** Canonical. */
  names: readonly string[];
}
