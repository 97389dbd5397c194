import type { Readable } from "node:stream";

import { frameHeadSize } from "./tree-frame.ts";
import type { TreeFrame } from "./tree-frame.ts";

/** Reads frames from a stream, one at a time; what is not asked for stays in the stream. */
export class FrameSource {
  readonly #stream: Readable;
  #chunk: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(stream: Readable) {
    this.#stream = stream;
    const end = () => {
      this.#ended = true;
      this.#wake?.();
    };
    stream.on("readable", () => this.#wake?.());
    for (const event of ["end", "close", "error"]) stream.on(event, end);
  }

  /** The next frame; `undefined` at the end of the stream, also when it ends within a frame. */
  async next(): Promise<TreeFrame | undefined> {
    for (;;) {
      const frame = this.#take();
      if (frame) return frame;
      const more = this.#stream.read() as Buffer | null;
      if (more) this.#chunk = this.#chunk.length === 0 ? more : Buffer.concat([this.#chunk, more]);
      else if (this.#ended) return undefined;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #take(): TreeFrame | undefined {
    if (this.#chunk.length < frameHeadSize) return undefined;
    const end = frameHeadSize + this.#chunk.readUInt32LE(0);
    if (this.#chunk.length < end) return undefined;
    const frame = {
      kind: this.#chunk.toString("latin1", 4, frameHeadSize),
      body: this.#chunk.subarray(frameHeadSize, end),
    };
    this.#chunk = this.#chunk.subarray(end);
    return frame;
  }
}
