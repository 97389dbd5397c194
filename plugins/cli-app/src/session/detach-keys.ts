const controlP = 16;
const controlQ = 17;

/** Watches typed bytes for ctrl-p ctrl-q; a ctrl-p is held back until the next byte decides. */
export class DetachKeys {
  #held = false;

  /** @returns the bytes to pass on, and whether the keys were met (what follows them is dropped) */
  feed(chunk: Uint8Array): { forward: Uint8Array; detached: boolean } {
    const forward: number[] = [];
    for (const byte of chunk) {
      if (this.#held && byte === controlQ) return { forward: Uint8Array.from(forward), detached: true };
      if (this.#held) forward.push(controlP);
      this.#held = byte === controlP;
      if (!this.#held) forward.push(byte);
    }
    return { forward: Uint8Array.from(forward), detached: false };
  }
}
