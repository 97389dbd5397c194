import { value } from "../parsing/option-specs.ts";
import { UsageError } from "../parsing/usage-error.ts";

const defaultKeys = "ctrl-p,ctrl-q";
const controlCharacters = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

export const detachKeysOption = value("detach-keys", "string", "Override the key sequence for detaching a container");

/** Watches typed bytes for the keys by which a user leaves; the beginning of a match is held back until the next byte decides. */
export class DetachKeys {
  /** As it was given, for a server that watches too. */
  readonly text: string;
  readonly #keys: readonly number[];
  #matched = 0;

  /**
   * @param text keys with commas in between: a letter or `ctrl-` with one of `a-z@[\]^_`; default `ctrl-p,ctrl-q`
   * @throws UsageError
   */
  constructor(text = defaultKeys) {
    this.text = text;
    this.#keys = text.split(",").map((key) => {
      const code = /^ctrl-.$/.test(key) ? controlCharacters.indexOf(key.at(-1)!) : plainKey(key);
      if (code < 0) throw new UsageError(`invalid detach keys (${text}): ${key} is no key`, 1);
      return code;
    });
  }

  /** @returns the bytes to pass on, and whether the keys were met (what follows them is dropped) */
  feed(chunk: Uint8Array): { forward: Uint8Array; detached: boolean } {
    const forward: number[] = [];
    for (const byte of chunk) {
      if (byte !== this.#keys[this.#matched]) {
        forward.push(...this.#keys.slice(0, this.#matched));
        this.#matched = 0;
      }
      if (byte !== this.#keys[this.#matched]) forward.push(byte);
      else if (++this.#matched === this.#keys.length) return { forward: Uint8Array.from(forward), detached: true };
    }
    return { forward: Uint8Array.from(forward), detached: false };
  }
}

function plainKey(key: string): number {
  return key.length === 1 && key.charCodeAt(0) < 128 ? key.charCodeAt(0) : -1;
}
