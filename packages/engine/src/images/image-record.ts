import type { ImageDefaults } from "@gantry/oci";

/** An image name as it is kept in the state store (bucket `image-names`, key: the canonical reference). */
export interface ImageNameRecord {
  /** `sha256:…` of the image configuration: Docker's image id. */
  imageId: string;
  /** Digest of the manifest. */
  manifestDigest: string;
  updatedAt: string;
  /** Given here: no source knows the image by this name. */
  local?: boolean;
}

export interface ImageSummary {
  id: string;
  /** `name:tag`, familiar form. */
  tags: readonly string[];
  createdAt: string;
  /** Bytes of all layers, unpacked. */
  size: number;
  labels: Readonly<Record<string, string>>;
  /** `name@sha256:…`, for names that a source knows. */
  digests?: readonly string[];
  /** The id of the image that it was made from, while that is here. */
  parent?: string;
}

/** An image as it is kept in the state store (bucket `images`, key: the id). */
export interface ImageRecord {
  /** `sha256:…` of the image configuration. */
  id: string;
  /** The manifests that lead to it; the first is the image's own, others are indexes. */
  manifestDigests: readonly string[];
  /** RFC 3339. */
  createdAt: string;
  /** `amd64` … */
  architecture: string;
  defaults: ImageDefaults;
  /** From the lowest up. */
  layers: readonly ImageLayer[];
  /** The id of the image that it was made from. */
  parent?: string;
}

export interface ImageLayer {
  /** Key of the committed snapshot. */
  chainId: string;
  /** Digest of the stored blob, compressed as it came. */
  digest: string;
  /** Bytes, unpacked. */
  size: number;
}
