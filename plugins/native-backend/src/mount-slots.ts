import type { Step } from "@gantry/linux";

import { invalidSpec } from "./spec-error.ts";

const slotCount = 64;

export interface SlotOptions {
  readonly recursive: boolean;
  /** As in mount_setattr(2). */
  readonly attributes: number;
  readonly propagation: number;
}
const plain: SlotOptions = { recursive: false, attributes: 0, propagation: 0 };

/**
 * Mounts that are to appear in the container: each is opened as a detached mount while the host's files are in reach, and moved
 * into place after the root has changed, when a path in the image can lead nowhere but into the image.
 */
export class MountSlots {
  readonly #opening: Step[] = [];
  readonly #staging: string;
  #count = 0;

  /** @param staging an empty directory on which something may be mounted for a moment */
  constructor(staging: string) {
    this.#staging = staging;
  }

  /** The steps that fill the slots; to be run before the root changes. */
  get opening(): readonly Step[] {
    return this.#opening;
  }

  /**
   * A file or directory of the host.
   * @throws EngineError `invalid-argument` when there are more than 64
   */
  place(source: string, target: string, options: SlotOptions = plain): Step {
    const slot = this.#count++;
    if (slot >= slotCount)
      throw invalidSpec("mounts", `more than ${slotCount} bind mounts: bind a directory above them`);
    this.#opening.push({ do: "open-tree", slot, source, recursive: options.recursive });
    return { do: "move-mount", slot, target, ...options };
  }

  /** A file system that is mounted afresh. */
  placeNew(mount: { type: string; source: string; flags: number; data: string }, target: string): Step {
    this.#opening.push({ do: "mount", target: this.#staging, ...mount });
    const step = this.place(this.#staging, target);
    this.#opening.push({ do: "unmount", target: this.#staging, flags: 0 });
    return step;
  }
}
