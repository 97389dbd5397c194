import { isatty } from "node:tty";

import type { CommandInput } from "@gantry/core";

export function terminalInput(): CommandInput {
  return {
    isTerminal: isatty(0),
    setRaw: (raw) => void process.stdin.setRawMode(raw),
    chunks: (signal) => readChunks(process.stdin, signal),
  };
}

/** Reads until the end or the abort, and leaves the stream open and idle. */
export async function* readChunks(stream: NodeJS.ReadStream, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure = error;
  };
  stream.on("error", fail);
  try {
    for (;;) {
      if (signal?.aborted === true) return;
      const chunk = stream.read() as Uint8Array | null;
      if (failure !== undefined) throw failure;
      if (chunk !== null) yield chunk;
      else if (stream.readableEnded || stream.destroyed) return;
      else await nextEvent(stream, signal);
    }
  } finally {
    stream.off("error", fail);
    stream.pause();
    // Not what a file is read through.
    if ("unref" in stream) stream.unref();
  }
}

function nextEvent(stream: NodeJS.ReadStream, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const events = ["readable", "end", "close", "error"];
  const wake = (): void => resolve();
  for (const event of events) stream.on(event, wake);
  signal?.addEventListener("abort", wake);
  return promise.finally(() => {
    for (const event of events) stream.off(event, wake);
    signal?.removeEventListener("abort", wake);
  });
}
