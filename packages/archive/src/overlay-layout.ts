import type { Mount } from "@gantry/core";

import { OverlayMarks } from "./overlay-marks.ts";

/** What an `overlay` mount stacks, top first. */
export interface OverlayLayout {
  upper: string | undefined;
  lowers: readonly string[];
  marks: OverlayMarks;
}

/** The layout of a mount list that is one overlay. */
export function overlayLayout(mounts: readonly Mount[]): OverlayLayout | undefined {
  const [only, ...others] = mounts;
  if (only?.type !== "overlay" || others.length > 0) return undefined;
  const valuesOf = (key: string) =>
    only.options.filter((option) => option.startsWith(`${key}=`)).map((option) => option.slice(key.length + 1));
  const lowers = [...valuesOf("lowerdir").flatMap(splitLowers), ...valuesOf("lowerdir+")];
  // Layers that only carry data belong to metacopy.
  if (lowers.includes("") || lowers.length === 0) return undefined;
  return { upper: valuesOf("upperdir")[0], lowers, marks: new OverlayMarks(only.options.includes("userxattr")) };
}

/** Separated by colons; a backslash takes the meaning of the character behind it. */
function splitLowers(option: string): string[] {
  const parts = [""];
  for (const [character] of option.matchAll(/\\.|[^]/gs)) {
    if (character === ":") parts.push("");
    else parts[parts.length - 1] += character.slice(-1);
  }
  return parts;
}
