import { token } from "@gantry/core";
import { z } from "zod";

export const imageStoreOptions = z.strictObject({
  /** Where the content lives. Default: `content` beneath the engine's data root. */
  root: z.string().min(1).optional(),
});

export interface ImageStoreOptions {
  root?: string | undefined;
}
export const ImageStoreOptions = token<ImageStoreOptions>("@gantry/local-image-store/Options");
