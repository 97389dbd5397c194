import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";

import { EngineError } from "@gantry/core";
import type { CallOptions } from "@gantry/core";

import { FrameSource } from "./tree-frame-source.ts";
import { FrameBuilder } from "./tree-frame.ts";
import type { TreeFrame } from "./tree-frame.ts";

/** A `tree-walk` process, which answers one request at a time. */
interface Reader {
  child: ChildProcess;
  frames: FrameSource;
  idle?: NodeJS.Timeout;
}

/** Milliseconds. */
const idleLimit = 2000;
/** Frames that are read in vain before a process is given up. */
const discardLimit = 16;

/**
 * Keeps the `tree-walk` processes that wait for the next request, so that many small questions cost one spawn. A process
 * ends after two idle seconds, and in any case with this one, whose end closes its stdin. It keeps no event loop alive.
 */
export class TreeReaders {
  readonly #binary: () => string;
  readonly #idle: Reader[] = [];

  constructor(binary: () => string) {
    this.#binary = binary;
  }

  /** The frames that answer a request, up to the `Z` or `E` that ends it, which is the last that is yielded. */
  async *request(
    kind: "W" | "L" | "R",
    root: string,
    path: string,
    options: CallOptions = {},
  ): AsyncGenerator<TreeFrame> {
    options.signal?.throwIfAborted();
    const reader = this.#take();
    const stop = () => reader.child.kill("SIGKILL");
    options.signal?.addEventListener("abort", stop);
    let answered = false;
    try {
      reader.child.stdin!.write(new FrameBuilder().string(root).string(path).build(kind));
      while (!answered) {
        const frame = await reader.frames.next();
        options.signal?.throwIfAborted();
        if (!frame) throw new EngineError("internal", `the helper program ended while it read ${JSON.stringify(root)}`);
        answered = frame.kind === "Z" || frame.kind === "E";
        if (answered) this.#release(reader);
        yield frame;
      }
    } finally {
      options.signal?.removeEventListener("abort", stop);
      if (!answered) void this.#discard(reader);
    }
  }

  /** Ends the processes that wait. */
  stop(): void {
    for (const reader of this.#idle.splice(0)) end(reader);
  }

  #take(): Reader {
    const waiting = this.#idle.pop();
    const reader = waiting ?? this.#start();
    clearTimeout(reader.idle);
    reader.child.ref();
    (reader.child.stdout as Socket).ref();
    return reader;
  }

  #start(): Reader {
    const child = spawn(this.#binary(), ["tree-walk"], { stdio: ["pipe", "pipe", "inherit"], cwd: "/" });
    const reader: Reader = { child, frames: new FrameSource(child.stdout) };
    // A process that cannot be started or that dies shows as the end of its output.
    child.on("error", () => child.stdout.destroy());
    child.on("exit", () => this.#drop(reader));
    child.stdin.on("error", () => {});
    return reader;
  }

  #release(reader: Reader): void {
    reader.child.unref();
    (reader.child.stdout as Socket).unref();
    (reader.child.stdin as Socket).unref();
    reader.idle = setTimeout(() => this.#drop(reader), idleLimit).unref();
    this.#idle.push(reader);
  }

  /** Keeps a reader whose answer was not wanted to its end, if that end is near. */
  async #discard(reader: Reader): Promise<void> {
    for (let left = discardLimit; left > 0; left -= 1) {
      const frame = await reader.frames.next();
      if (!frame) return;
      if (frame.kind === "Z" || frame.kind === "E") return this.#release(reader);
    }
    reader.child.kill("SIGKILL");
  }

  #drop(reader: Reader): void {
    const index = this.#idle.indexOf(reader);
    if (index !== -1) this.#idle.splice(index, 1);
    if (index !== -1) end(reader);
  }
}

function end(reader: Reader): void {
  clearTimeout(reader.idle);
  reader.child.stdin!.destroy();
  reader.child.stdout!.destroy();
}
