import type { FileHandle } from "node:fs/promises";

const blockSize = 64 * 1024;
const lineFeed = 10;

export interface FileLine {
  text: string;
  /** Offset of its first byte. */
  start: number;
  /** Offset after its line feed. */
  end: number;
}

/** Batches of whole lines from an offset to the present end of a file; what follows the last line feed is left out. */
export async function* linesForward(handle: FileHandle, from: number): AsyncIterable<{ lines: string[]; end: number }> {
  let size = blockSize;
  for (let offset = from; ;) {
    const buffer = Buffer.allocUnsafe(size);
    const { bytesRead } = await handle.read(buffer, 0, size, offset);
    const length = buffer.subarray(0, bytesRead).lastIndexOf(lineFeed) + 1;
    if (length > 0) {
      offset += length;
      yield { lines: buffer.toString("utf8", 0, length - 1).split("\n"), end: offset };
    } else if (bytesRead === size) {
      // One line is longer than the buffer.
      size *= 2;
    } else return;
  }
}

/** The whole lines that end at or before an offset, the last one first; what follows the last line feed is left out. */
export async function* linesBackward(handle: FileHandle, before: number): AsyncIterable<FileLine> {
  // The bytes from `start` on that were not given out; it ends with a line feed once the first was found.
  let held = Buffer.alloc(0);
  let start = before;
  let whole = false;
  for (;;) {
    const feed = whole
      ? held.length < 2
        ? -1
        : held.lastIndexOf(lineFeed, held.length - 2)
      : held.lastIndexOf(lineFeed);
    if (feed !== -1 || (start === 0 && whole && held.length > 0)) {
      if (whole) yield lineOf(held, feed + 1, start);
      held = held.subarray(0, feed + 1);
      whole = true;
    } else if (start === 0) return;
    else {
      const block = Buffer.allocUnsafe(Math.min(blockSize, start));
      const { bytesRead } = await handle.read(block, 0, block.length, start - block.length);
      start -= block.length;
      held = Buffer.concat([block.subarray(0, bytesRead), held]);
    }
  }
}

function lineOf(held: Buffer, from: number, start: number): FileLine {
  return { text: held.toString("utf8", from, held.length - 1), start: start + from, end: start + held.length };
}
