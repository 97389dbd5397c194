import { token } from "@gantry/core";
import { z } from "zod";

export const overlayOptions = z.strictObject({
  /** Where the snapshots live. Default: `overlay` beneath the engine's data root. Without comma, colon or backslash. */
  root: z.string().min(1).optional(),
});

export interface OverlayOptions {
  root?: string | undefined;
}
export const OverlayOptions = token<OverlayOptions>("@gantry/overlay-driver/Options");
