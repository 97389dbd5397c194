import type { Duplex } from "node:stream";

/** What a stream has for its reader; `undefined` at its end, and when it is gone. */
export async function nextChunk(stream: Duplex): Promise<Buffer | undefined> {
  for (;;) {
    const chunk = stream.read() as Buffer | null;
    if (chunk !== null) return chunk;
    if (stream.readableEnded || stream.destroyed) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const events = ["readable", "end", "close"] as const;
    for (const event of events) stream.on(event, resolve);
    await promise;
    for (const event of events) stream.off(event, resolve);
  }
}
