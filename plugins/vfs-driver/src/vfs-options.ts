import { token } from "@gantry/core";
import { z } from "zod";

export const vfsOptions = z.strictObject({
  /** Where the snapshots live. Default: `vfs` beneath the engine's data root. */
  root: z.string().min(1).optional(),
});

export interface VfsOptions {
  root?: string | undefined;
}
export const VfsOptions = token<VfsOptions>("@gantry/vfs-driver/Options");
