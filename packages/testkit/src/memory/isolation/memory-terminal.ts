import type { ConsoleSize } from "@gantry/core";

const interrupt = 0x03;
const endOfFile = 0x04;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/** What a terminal's line discipline does to the bytes that are typed. */
export class MemoryTerminal {
  size: ConsoleSize;

  constructor(size: ConsoleSize = { rows: 24, columns: 80 }) {
    this.size = size;
  }

  /** Sorts typed bytes into what is read, what is shown, and what is a signal or the end of the input. */
  type(bytes: Uint8Array): { input: Uint8Array; echo: Uint8Array; interrupted: boolean; ended: boolean } {
    const plain = bytes
      .filter((byte) => byte !== interrupt && byte !== endOfFile)
      .map((byte) => (byte === carriageReturn ? lineFeed : byte));
    return {
      input: plain,
      echo: this.show(plain),
      interrupted: bytes.includes(interrupt),
      ended: bytes.includes(endOfFile),
    };
  }

  /** Lines end with carriage return and line feed on the screen. */
  show(bytes: Uint8Array): Uint8Array {
    return Uint8Array.from([...bytes].flatMap((byte) => (byte === lineFeed ? [carriageReturn, lineFeed] : [byte])));
  }
}
