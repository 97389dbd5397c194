import type { CallOptions, ProgressEvent } from "@gantry/core";
import type { ImageConfig } from "@gantry/oci";

import type { ImageRecord } from "../images/image-record.ts";
import type { Filters } from "./container-verbs.ts";

/** The verbs of images beyond pull, list and remove. */
export interface ImageVerbs {
  inspect(reference: string, call?: CallOptions): Promise<ImageDetails>;
  /** Newest first. */
  history(reference: string, call?: CallOptions): Promise<readonly ImageHistoryEntry[]>;
  /** Another name for an image; the name is taken from whatever had it. */
  tag(reference: string, name: string, call?: CallOptions): Promise<void>;
  /** A tar of images in Docker's archive format and OCI layout at once. Same input, same bytes. */
  save(references: readonly string[], call?: CallOptions): AsyncIterable<Uint8Array>;
  /** Takes what `save` wrote, or docker-archive or OCI layout of another engine, plain or compressed. */
  load(archive: AsyncIterable<Uint8Array>, options?: LoadOptions): Promise<readonly LoadedImage[]>;
  /** Removes images without a name, or with `dangling=false` all that no container uses. */
  prune(filters?: Filters, call?: CallOptions): Promise<PrunedImages>;
}

export interface ImageDetails {
  record: ImageRecord;
  configuration: ImageConfig;
  /** Familiar names with tag. */
  tags: readonly string[];
  /** `name@sha256:…` */
  digests: readonly string[];
  parent: string;
  /** Bytes, unpacked. */
  size: number;
}

export interface ImageHistoryEntry {
  /** `<missing>` but for the newest, and for what is an image here. */
  id: string;
  /** RFC 3339. */
  createdAt: string;
  createdBy: string;
  comment: string;
  tags: readonly string[];
  size: number;
}

export interface LoadOptions extends CallOptions {
  progress?: (event: ProgressEvent) => void;
}

export interface LoadedImage {
  id: string;
  /** Familiar names; none when the archive names none. */
  tags: readonly string[];
}

export interface PrunedImages {
  untagged: readonly string[];
  deleted: readonly string[];
  reclaimedBytes: number;
}
