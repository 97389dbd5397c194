import { token } from "@gantry/core";
import { z } from "zod";

export const localVolumeOptions = z.strictObject({
  /** Where the volumes live. Default: `volumes` beneath the engine's data root. */
  root: z.string().min(1).optional(),
});

export interface LocalVolumeOptions {
  root?: string | undefined;
}
export const LocalVolumeOptions = token<LocalVolumeOptions>("@gantry/local-volumes/Options");
