import { FormatError } from "./format-error.ts";

/** The media types of the OCI image specification 1.1 and of Docker's image manifest version 2, schema 2. */
export const mediaTypes = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  dockerManifestList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
} as const;

export function isIndexType(mediaType: string): boolean {
  return mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerManifestList;
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === mediaTypes.ociManifest || mediaType === mediaTypes.dockerManifest;
}

export type LayerCompression = "none" | "gzip" | "zstd";

/** How a layer of this media type is compressed. Throws a {@link FormatError} for what is no file-system layer. */
export function layerCompression(mediaType: string): LayerCompression {
  switch (mediaType) {
    case mediaTypes.ociLayer:
    case mediaTypes.dockerLayer:
      return "none";
    case mediaTypes.ociLayerGzip:
    case mediaTypes.dockerLayerGzip:
      return "gzip";
    case mediaTypes.ociLayerZstd:
      return "zstd";
    default:
      throw new FormatError(`unsupported layer media type "${mediaType}"`);
  }
}
