import { EngineError, decodePath } from "@gantry/core";
import type { CallOptions, FileTree, Lifecycled, TreeEntry, TreeWriter, WalkOptions } from "@gantry/core";

import { helperBinary } from "./helper-binary.ts";
import { treeError } from "./tree-error.ts";
import { decodeEntry } from "./tree-frame.ts";
import type { TreeFrame } from "./tree-frame.ts";
import { TreeReaders } from "./tree-reader.ts";
import { HelperTreeWriter } from "./tree-writer.ts";

/**
 * Real directories, read and written by the helper program. Roots are absolute paths. Needs Linux 5.6, /proc, and root
 * rights for owners, devices and most attributes. `security.selinux` is neither read nor removed: labels are the host's.
 *
 * A walk or lookup does not follow the last component of its path; `read` does.
 */
export class HelperFileTree implements FileTree, Lifecycled {
  readonly #readers = new TreeReaders(helperBinary);

  async *walk(root: string, options: WalkOptions = {}): AsyncIterable<TreeEntry> {
    const beneath = options.beneath ?? "";
    for await (const frame of this.#readers.request("W", root, beneath, options)) {
      if (frame.kind === "T") yield decodeEntry(frame.body);
      if (frame.kind === "E") throw readError("walk", root, frame);
    }
  }

  async lookup(root: string, path: string, options?: CallOptions): Promise<TreeEntry | undefined> {
    let found: TreeEntry | undefined;
    for await (const frame of this.#readers.request("L", root, path, options)) {
      if (frame.kind === "T") found = decodeEntry(frame.body);
      if (frame.kind !== "E") continue;
      const error = readError("read", root, frame);
      if (error.code !== "not-found") throw error;
    }
    return found;
  }

  async *read(root: string, path: string, options?: CallOptions): AsyncIterable<Uint8Array> {
    for await (const frame of this.#readers.request("R", root, path, options)) {
      if (frame.kind === "C") yield frame.body;
      if (frame.kind === "E") throw readError("read", root, frame);
    }
  }

  writer(root: string, options?: CallOptions): Promise<TreeWriter> {
    return HelperTreeWriter.open(helperBinary(), root, options);
  }

  /** Ends the helper processes that wait for a next question. */
  stop(): Promise<void> {
    this.#readers.stop();
    return Promise.resolve();
  }
}

/** The error of an `E` frame; what is missing is `not-found` when it is read. */
function readError(verb: string, root: string, frame: TreeFrame): EngineError {
  const path = decodePath(frame.body.subarray(16, 16 + frame.body.readUInt32LE(12)));
  const error = treeError(verb, root, path, frame.body.readUInt32LE(0));
  const missing = error.details["errno"] === "ENOENT" || error.details["errno"] === "ENOTDIR";
  return missing ? new EngineError("not-found", error.message, { details: error.details }) : error;
}
