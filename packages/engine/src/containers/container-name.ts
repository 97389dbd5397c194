import { randomInt } from "node:crypto";

import { invalidArgument } from "../engine-errors.ts";
import { adjectives, surnames } from "./name-words.ts";

const pattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Without the leading slash. Errors: `invalid-argument` in Docker's words. */
export function checkContainerName(name: string): string {
  const bare = name.replace(/^\//, "");
  if (!pattern.test(bare)) {
    throw invalidArgument(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`, {
      field: "name",
    });
  }
  return bare;
}

/** A name that is not taken: `calm_noether`, with a digit where chance will not give a free one. */
export function generateContainerName(taken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt += 1) {
    const name = `${pick(adjectives)}_${pick(surnames)}`;
    // Steve Wozniak is not boring.
    if (name === "boring_wozniak") continue;
    const suffixed = attempt < 6 ? name : `${name}${randomInt(10 ** Math.min(attempt - 5, 9))}`;
    if (!taken(suffixed)) return suffixed;
  }
}

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)]!;
}
