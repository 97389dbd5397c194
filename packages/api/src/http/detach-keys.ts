import { EngineError } from "@gantry/core";

/** ctrl-p, ctrl-q. */
const defaultKeys: readonly number[] = [16, 17];
const controls = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

/**
 * Reads `ctrl-p,ctrl-q`, `a,b`: what a user presses to leave a terminal without ending what runs in it. Empty: the default.
 * Errors: `invalid-argument`.
 */
export function parseDetachKeys(text: string): readonly number[] {
  if (text === "") return defaultKeys;
  return text.split(",").map((key) => {
    const control = /^ctrl-(.)$/.exec(key)?.[1];
    const code = control === undefined ? singleByte(key) : controls.indexOf(control);
    if (code >= 0) return code;
    throw new EngineError("invalid-argument", `Invalid detach keys (${text}) provided`, {
      details: { field: "detachKeys" },
    });
  });
}

function singleByte(key: string): number {
  return key.length === 1 && key.charCodeAt(0) < 128 ? key.charCodeAt(0) : -1;
}

/** Watches what is typed for the keys in a row. The beginning of a match is held back until it is known to be none. */
export class DetachWatch {
  readonly #keys: readonly number[];
  #matched = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  /** @returns what goes on to the program, and whether the keys were pressed; what follows them is dropped */
  feed(chunk: Uint8Array): { passed: Uint8Array; detached: boolean } {
    const passed: number[] = [];
    for (const byte of chunk) {
      if (byte !== this.#keys[this.#matched]) {
        passed.push(...this.#keys.slice(0, this.#matched));
        this.#matched = 0;
      }
      if (byte !== this.#keys[this.#matched]) passed.push(byte);
      else if (++this.#matched === this.#keys.length) return { passed: Uint8Array.from(passed), detached: true };
    }
    return { passed: Uint8Array.from(passed), detached: false };
  }
}
