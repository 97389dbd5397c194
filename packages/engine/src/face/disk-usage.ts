import type { ImageSummary } from "../images/image-record.ts";

/** What the engine's data takes, in bytes as `du` counts them. */
export interface DiskUsage {
  images: readonly (ImageSummary & { sharedBytes: number; containers: number })[];
  /** Bytes of all layers, each counted once. */
  layerBytes: number;
  containers: readonly { id: string; writableBytes: number; rootBytes: number }[];
  volumes: readonly { name: string; bytes: number; users: number }[];
}
