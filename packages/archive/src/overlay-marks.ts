import { EngineError } from "@gantry/core";
import type { TreeEntry } from "@gantry/core";

/** The marks by which overlayfs keeps its state in the directories that it stacks. */
export class OverlayMarks {
  readonly prefix: string;

  /** @param userXattr whether the mount has the option `userxattr` */
  constructor(userXattr: boolean) {
    this.prefix = userXattr ? "user.overlay." : "trusted.overlay.";
  }

  isWhiteout(entry: TreeEntry): boolean {
    return entry.type === "character-device" && entry.device?.major === 0 && entry.device.minor === 0;
  }

  isOpaque(entry: TreeEntry): boolean {
    return entry.type === "directory" && entry.xattrs.get(`${this.prefix}opaque`)?.[0] === 0x79;
  }

  opaqueXattr(): [name: string, value: Uint8Array] {
    return [`${this.prefix}opaque`, Uint8Array.of(0x79)];
  }

  /** The entry as it is seen through the mount. Throws `unsupported` for what only the kernel can look through. */
  strip(entry: TreeEntry): TreeEntry {
    const own = [...entry.xattrs.keys()].filter((name) => name.startsWith(this.prefix));
    if (own.length === 0) return entry;
    const hidden = own.find((name) => name.endsWith(".redirect") || name.endsWith(".metacopy"));
    if (hidden) {
      const message = `${entry.path} has ${hidden}: mount overlays with redirect_dir=off,metacopy=off`;
      throw new EngineError("unsupported", message, { details: { path: entry.path } });
    }
    return { ...entry, xattrs: new Map([...entry.xattrs].filter(([name]) => !own.includes(name))) };
  }
}
