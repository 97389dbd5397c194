import type { FileHandle } from "node:fs/promises";

const chunkSize = 256 * 1024;

/** The bytes from `start` to `end` (exclusive) of an open file, read as fast as the caller takes them. */
export async function* fileChunks(handle: FileHandle, start: number, end: number): AsyncIterable<Uint8Array> {
  for (let position = start; position < end;) {
    const buffer = Buffer.allocUnsafeSlow(Math.min(chunkSize, end - position));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
