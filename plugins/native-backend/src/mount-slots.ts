import type { Step } from "@gantry/linux";

import { invalidSpec } from "./spec-error.ts";

const slotCount = 64;

/**
 * Host files that are to appear in the container. Each is opened as a detached mount while the host's files are in reach, and
 * moved into place after the root has changed, when a path in the image can lead nowhere but into the image.
 */
export class MountSlots {
  readonly #opening: Step[] = [];

  /** The steps that fill the slots; to be run before the root changes. */
  get opening(): readonly Step[] {
    return this.#opening;
  }

  /** @throws EngineError `invalid-argument` when there are more than 64 */
  place(
    source: string,
    target: string,
    options: { recursive: boolean; attributes: number; propagation: number } = {
      recursive: false,
      attributes: 0,
      propagation: 0,
    },
  ): Step {
    const slot = this.#opening.length;
    if (slot >= slotCount)
      throw invalidSpec("mounts", `more than ${slotCount} bind mounts: bind a directory above them`);
    this.#opening.push({ do: "open-tree", slot, source, recursive: options.recursive });
    return { do: "move-mount", slot, target, ...options };
  }
}
