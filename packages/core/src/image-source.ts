import type { CallOptions } from "./call-options.ts";
import { manyToken } from "./token.ts";

/**
 * Where images come from: a registry, a tarball, a bootstrap of the machine's own distribution.
 *
 * The engine asks each source in order whether it `accepts` a reference and takes the first that does. `resolve` turns
 * the reference into a descriptor of a manifest; `fetch` streams the content that a descriptor names. A source verifies
 * nothing: the image store checks each digest. A source that makes content rather than fetching it (a bootstrap) makes it
 * at `resolve` and keeps it until `close`.
 *
 * Errors: `not-found`: the source has no such image. `unavailable`: it cannot be reached or lacks a program, which the
 * message names with the remedy. `unauthorized`, `forbidden`: as its server says.
 */
export interface ImageSource {
  readonly name: string;
  /** @param reference as the user typed it */
  accepts(reference: string): boolean;
  resolve(reference: string, options?: ResolveOptions): Promise<ResolvedImage>;
}
export const ImageSource = manyToken<ImageSource>("ImageSource");

export interface ResolveOptions extends CallOptions {
  /** Told what goes on, for a person to watch. */
  progress?: (event: ProgressEvent) => void;
}

export interface ProgressEvent {
  /** A layer's short id or a phase's name; events with equal ids replace one another on a terminal. */
  id?: string;
  status: string;
  current?: number;
  total?: number;
}

export interface ResolvedImage {
  manifest: ContentDescriptor;
  fetch(descriptor: ContentDescriptor, options?: FetchOptions): AsyncIterable<Uint8Array>;
  /** Drops what the source keeps for this image. */
  close(): Promise<void>;
}

export interface FetchOptions extends CallOptions {
  /** Bytes to leave out at the beginning, to resume. */
  offset?: number;
}

/** As in the OCI image specification, "Content Descriptors". */
export interface ContentDescriptor {
  mediaType: string;
  digest: string;
  size: number;
}
