/** An image name as it is kept in the state store (bucket `image-names`, key: the canonical reference). */
export interface ImageNameRecord {
  /** `sha256:…` of the image configuration: Docker's image id. */
  imageId: string;
  /** Digest of the manifest. */
  manifestDigest: string;
  updatedAt: string;
}

export interface ImageSummary {
  id: string;
  /** `name:tag`, familiar form. */
  tags: readonly string[];
  createdAt: string;
  /** Bytes of all layers, unpacked. */
  size: number;
  labels: Readonly<Record<string, string>>;
}
