import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";

import { EngineError, decodePath } from "@gantry/core";
import type { CallOptions, SpecialNode, TreeMetadata, TreeWriter } from "@gantry/core";

import { treeError } from "./tree-error.ts";
import { FrameSource } from "./tree-frame-source.ts";
import { FrameBuilder } from "./tree-frame.ts";

/** Bytes that are gathered before they are handed to the helper. */
const batchSize = 1 << 17;

const { ENOENT, ENOTDIR } = constants.errno;
const nodeTypes = { fifo: 0o010000, socket: 0o140000, "character-device": 0o020000, "block-device": 0o060000 } as const;

/** A `tree-write` process and what waits to be sent to it. */
export class HelperTreeWriter implements TreeWriter {
  readonly #root: string;
  readonly #child: ChildProcess;
  readonly #opened = Promise.withResolvers<void>();
  /** Resolves when the helper has said its last word. */
  readonly #ended: Promise<void>;
  #state: "open" | "done" | "failed" = "open";
  #failure: unknown;
  #ready = false;
  /** The batch that is filled, and the one that may still be on its way. */
  #batches: [filling: Buffer, sent: Buffer] = [Buffer.allocUnsafe(batchSize), Buffer.allocUnsafe(batchSize)];
  #batched = 0;
  /** Resolves when nothing is on its way to the helper. */
  #drained = Promise.withResolvers<void>();

  private constructor(binary: string, root: string) {
    this.#root = root;
    this.#child = spawn(binary, ["tree-write", root], { stdio: ["pipe", "pipe", "inherit"], cwd: "/" });
    this.#child.on("error", () => this.#child.stdout!.destroy());
    // The reason of a broken pipe comes on stdout.
    this.#child.stdin!.on("error", () => {});
    this.#drained.resolve();
    this.#ended = this.#listen(new FrameSource(this.#child.stdout!));
  }

  /** Starts the helper in a root. Rejects with `not-found` when the root is missing. */
  static async open(binary: string, root: string, options: CallOptions = {}): Promise<HelperTreeWriter> {
    options.signal?.throwIfAborted();
    const writer = new HelperTreeWriter(binary, root);
    const stop = () => writer.#fail(options.signal?.reason);
    options.signal?.addEventListener("abort", stop);
    void writer.#ended.then(() => options.signal?.removeEventListener("abort", stop));
    await writer.#opened.promise;
    return writer;
  }

  directory(path: string, metadata: TreeMetadata): Promise<void> {
    return this.#send(new FrameBuilder().string(path).metadata(metadata).build("D"));
  }

  async file(path: string, metadata: TreeMetadata, size: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#send(new FrameBuilder().string(path).metadata(metadata).u64(BigInt(size)).build("F"));
    let written = 0;
    for await (const chunk of content) {
      written += chunk.byteLength;
      if (written > size) break;
      await this.#send(chunk);
    }
    if (written === size) return;
    const surplus = written > size ? "more" : "less";
    const message = `the content of ${JSON.stringify(path)} has ${surplus} than the ${size} bytes that were announced`;
    throw this.#fail(new EngineError("invalid-argument", message, { details: { path } }));
  }

  symlink(path: string, metadata: TreeMetadata, target: string): Promise<void> {
    return this.#send(new FrameBuilder().string(path).metadata(metadata).string(target).build("S"));
  }

  hardLink(path: string, existing: string): Promise<void> {
    return this.#send(new FrameBuilder().string(path).string(existing).build("L"));
  }

  node(path: string, metadata: TreeMetadata, node: SpecialNode): Promise<void> {
    const { major, minor } = "major" in node ? node : { major: 0, minor: 0 };
    const frame = new FrameBuilder().string(path).metadata(metadata).u32(nodeTypes[node.type]).u32(major).u32(minor);
    return this.#send(frame.build("N"));
  }

  remove(path: string): Promise<void> {
    return this.#send(new FrameBuilder().string(path).build("R"));
  }

  clear(path: string): Promise<void> {
    return this.#send(new FrameBuilder().string(path).build("C"));
  }

  async close(): Promise<void> {
    if (this.#state === "open") {
      await this.#send(new FrameBuilder().build("E"));
      await this.#flush();
      this.#child.stdin!.end();
    }
    await this.#ended;
    this.#check();
  }

  async abort(): Promise<void> {
    this.#fail(new EngineError("invalid-argument", "the tree writer was aborted"));
    await this.#ended;
  }

  async #listen(frames: FrameSource): Promise<void> {
    const exited = once(this.#child, "close").catch(() => {});
    for (let frame = await frames.next(); this.#state === "open"; frame = await frames.next()) {
      if (frame?.kind === "R") {
        this.#ready = true;
        this.#opened.resolve();
      } else if (frame?.kind === "K") {
        this.#state = "done";
      } else if (frame?.kind === "E") {
        this.#fail(this.#reported(frame.body));
      } else {
        this.#fail(
          new EngineError("internal", `the helper program ended while it wrote ${JSON.stringify(this.#root)}`),
        );
      }
    }
    this.#drained.resolve();
    await exited;
  }

  #reported(body: Buffer): EngineError {
    const errno = body.readUInt32LE(0);
    const path = decodePath(body.subarray(16, 16 + body.readUInt32LE(12)));
    const error = treeError("write", this.#root, path, errno);
    if (this.#ready || (errno !== ENOENT && errno !== ENOTDIR)) return error;
    return new EngineError("not-found", `no such directory: ${this.#root}`, { details: error.details });
  }

  /** Takes nothing more; the first reason stays. */
  #fail(reason: unknown): unknown {
    if (this.#state !== "open") return this.#failure;
    this.#state = "failed";
    this.#failure = reason;
    this.#opened.reject(reason);
    this.#opened.promise.catch(() => {});
    this.#child.kill("SIGKILL");
    this.#child.stdin!.destroy();
    this.#drained.resolve();
    return reason;
  }

  #check(): void {
    if (this.#state === "failed") throw this.#failure;
  }

  async #send(bytes: Uint8Array): Promise<void> {
    this.#check();
    if (this.#state === "done") throw new EngineError("invalid-argument", "the tree writer is closed");
    for (let taken = 0; taken < bytes.byteLength;) {
      const part = bytes.subarray(taken, taken + batchSize - this.#batched);
      this.#batches[0].set(part, this.#batched);
      this.#batched += part.byteLength;
      taken += part.byteLength;
      if (this.#batched === batchSize) await this.#flush();
    }
  }

  /** Copying into two buffers by turns is cheaper than the garbage that a list of chunks makes. */
  async #flush(): Promise<void> {
    await this.#drained.promise;
    this.#check();
    const drained = Promise.withResolvers<void>();
    this.#drained = drained;
    this.#child.stdin!.write(this.#batches[0].subarray(0, this.#batched), () => drained.resolve());
    this.#batches.reverse();
    this.#batched = 0;
  }
}
